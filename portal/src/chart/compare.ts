// What a chart is compared with: the time before, or another device with the same attribute. As the URL has it.
import type { Device } from "../api/lists";
import { capabilityOf } from "../format/wording";
import type { Span } from "./range";

export type Comparison = { with: "previous" } | { with: "device"; device: string; endpoint: number };

export function parseComparison(text: string | undefined): Comparison | undefined {
  if (text === "previous") return { with: "previous" };
  const match = /^([0-9a-f-]{36})\/(\d{1,3})$/.exec(text ?? "");
  return match?.[1] === undefined ? undefined : { with: "device", device: match[1], endpoint: Number(match[2]) };
}

export interface Partner {
  id: string;
  device: Device;
  endpoint: number;
}

/** Whatever else of the home can tell the same. */
export function partnersOf(devices: readonly Device[], own: { device: string; endpoint: number }, attribute: string): Partner[] {
  const capability = capabilityOf(attribute);
  return devices.flatMap((device) =>
    device.endpoints
      .filter((one) => one.capabilities.includes(capability) && (device.id !== own.device || one.endpoint !== own.endpoint))
      .map(({ endpoint }) => ({ id: `${device.id}/${endpoint}`, device, endpoint })),
  );
}

/** A span of the same length that ends where this one begins. */
export function previous({ from, until }: Span): Span {
  return { from: from - (until - from), until: from };
}
