// What the device itself allows: its choices, its range and step, the form of its codes. Controls offer that and no
// more; the server refuses the rest.
import type { Schemas } from "../../api/client";
import type { ControlProps } from "./control";

export type Bounds = Schemas["Bounds"];

type Place = Pick<ControlProps, "endpoint"> & { device: { endpoints: readonly Schemas["Endpoint"][] } };

/** What bounds an attribute, or an argument that sets none; nothing where the device says nothing. */
export function boundsOf({ device, endpoint }: Place, of: string): Bounds | undefined {
  return device.endpoints.find((one) => one.endpoint === endpoint)?.bounds?.find((bounds) => bounds.of === of);
}

export function choicesOf(place: Place, of: string): readonly string[] {
  return boundsOf(place, of)?.choices ?? [];
}

/** The device's range where it has one, else the other. */
export function ownRange(bounds: Bounds | undefined, other: { min: number; max: number }): { min: number; max: number } {
  const [min, max] = [bounds?.min ?? other.min, bounds?.max ?? other.max];
  return min < max ? { min, max } : other;
}

/** Whether a number is one of the device's. */
export function fits(bounds: Bounds | undefined, value: number): boolean {
  if (bounds === undefined) return true;
  const { min, max, step } = bounds;
  if (typeof min === "number" && value < min) return false;
  if (typeof max === "number" && value > max) return false;
  if (typeof step !== "number" || step <= 0) return true;
  const steps = (value - (min ?? 0)) / step;
  return Math.abs(steps - Math.round(steps)) <= 1e-3;
}

/** Whether the device asks for a code before it does what is asked. */
export function asksForCode(place: Place, capability: string): boolean {
  return boundsOf(place, `${capability}.Code`)?.pattern !== undefined;
}
