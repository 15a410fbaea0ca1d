// What needs a person now, as the server judges it from the live state.
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "./client";
import { keys } from "./keys";
import { allPages } from "./pages";

export interface Concern {
  id: string;
  kind: "smoke" | "carbon_monoxide" | "leak" | "door_forced" | "door_jammed" | "offline" | "late" | "battery_low" | "door_open" | "unlocked" | "air_poor";
  severity: "danger" | "attention";
  device: string;
  device_name: string;
  endpoint?: number;
  home: string;
  home_name: string;
  room?: string | null;
  room_name?: string | null;
  since: string;
  value?: boolean | number | string;
}

export type ConcernKind = Concern["kind"];

const PAGE = 200;

/** Worst first, then the newest. */
export const attentionQuery = (filter: { organisation?: string; home?: string } = {}) =>
  queryOptions({
    queryKey: keys.attention(filter),
    queryFn: ({ signal }) =>
      allPages((cursor) => answer(api.GET("/api/attention" as "/api/homes", { params: { query: { limit: PAGE, ...filter, ...(cursor && { cursor }) } }, signal }))) as unknown as Promise<Concern[]>,
  });
