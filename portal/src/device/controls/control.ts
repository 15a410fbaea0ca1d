// What every control is given, and how it reads what the device reported and what was asked of it.
import type { Followed } from "../../command/following";
import { isPending } from "../../command/phase";
import type { DeviceCommands } from "../../command/use-commands";
import type { Value } from "../../format/wording";
import { type DeviceState, type LatestValue, latestKey } from "../../live/hooks";
import type { Schemas } from "../../api/client";

export type Device = Schemas["DeviceView"];

export interface ControlProps {
  device: Device;
  endpoint: number;
  state: DeviceState | undefined;
  commands: DeviceCommands;
  /** The person may look and not touch. */
  isDisabled?: boolean;
}

export function latestOf(state: DeviceState | undefined, endpoint: number, attribute: string): LatestValue | undefined {
  return state?.latest[latestKey(endpoint, attribute)];
}

export function reported(props: ControlProps, attribute: string): Value | undefined {
  return latestOf(props.state, props.endpoint, attribute)?.value;
}

export function reportedNumber(props: ControlProps, attribute: string): number | undefined {
  const value = reported(props, attribute);
  return typeof value === "number" ? value : undefined;
}

/** The control's command under way, if there is one. */
export function underWay(props: ControlProps, capability: string): Followed | undefined {
  const newest = props.commands.newest(props.endpoint, [capability]);
  return newest !== undefined && isPending(newest.phase) ? newest : undefined;
}

/** What the capability allows, narrowed to what makes sense in a home. */
export function narrowed(
  kind: { type: string; min?: number; max?: number } | undefined,
  sensible: { min: number; max: number },
): { min: number; max: number } {
  const min = Math.max(kind?.min ?? sensible.min, sensible.min);
  const max = Math.min(kind?.max ?? sensible.max, sensible.max);
  return min < max ? { min, max } : sensible;
}

/** The ends of a blind's way, as Matter counts it. */
export const OPEN = 0;
export const CLOSED = 100;
