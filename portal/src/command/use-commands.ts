// What components use to send commands and to see where they stand.
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import type { Value } from "../format/wording";
import { useLiveEvents, useWhetherLive } from "../live/hooks";
import { type Followed, newestOf } from "./following";
import { type CommandStore, commandStore } from "./store";

const COMMAND_EVENTS = [
  "command.queued", "command.sent", "command.acked", "command.confirmed",
  "command.refused", "command.failed", "command.expired", "command.unconfirmed",
];

/** Once on a page: hears the commands of its homes or devices, those of other people included. */
export function useFollowCommands(places: { homes?: readonly string[]; devices?: readonly string[] }): void {
  const store = useCommandStore();
  useWhetherLive(store.setLive);
  useLiveEvents({ ...places, types: COMMAND_EVENTS }, (events) => store.hear(events));
}

function useCommandStore(): CommandStore {
  const cache = useQueryClient();
  return commandStore(cache);
}

export interface DeviceCommands {
  send: (endpoint: number, name: string, args?: Record<string, Value>) => void;
  /** The newest command of a control, of an endpoint, or of the whole device. */
  newest: (endpoint?: number, capabilities?: readonly string[]) => Followed | undefined;
  again: (followed: Followed) => void;
  dismiss: (key: string) => void;
}

export function useDeviceCommands(device: string): DeviceCommands {
  const store = useCommandStore();
  const list = useSyncExternalStore(store.watch, store.read);
  return useMemo(
    () => ({
      send: (endpoint, name, args = {}) => void store.send({ device, endpoint, name, args }),
      newest: (endpoint, capabilities) => newestOf(list, device, endpoint, capabilities),
      again: (followed) => void store.again(followed),
      dismiss: (key) => store.dismiss(key),
    }),
    [store, list, device],
  );
}
