// Beside the rooms: what the home used, and what happened lately. Loaded after the tiles.
import { memo } from "react";
import type { Device, Home } from "../api/lists";
import { HomeUsage } from "./HomeUsage";
import { Lately } from "./Lately";

export const Aside = memo(function Aside({ home, devices }: { home: Home; devices: readonly Device[] }) {
  return (
    <>
      <HomeUsage home={home} devices={devices} />
      <Lately home={home} />
    </>
  );
});
