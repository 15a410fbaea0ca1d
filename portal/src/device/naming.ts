// What a reading of a device is called: by its attribute, and by the part of the device where that says more.
import { attributeName, capabilityName, capabilityOf, type TwoState } from "../format/wording";
import type { Say } from "../format/say";
import type { DeviceLike, Reading } from "./presentation";

/** Capabilities that say only that there is a value; what it is of, the part's own name says. */
const BARE: ReadonlySet<string> = new Set(["Measurement", "State", "ModeSelect", "Text", "Number", "Message", "Picture", "Button", "Scene"]);

export function readingName(device: Pick<DeviceLike, "endpoints">, { endpoint, attribute }: Reading, say: Say, twoState: TwoState = "plain"): string {
  const capability = capabilityOf(attribute);
  const own = device.endpoints.find((one) => one.endpoint === endpoint)?.name ?? undefined;
  if (own !== undefined && BARE.has(capability)) return own;
  const shared = device.endpoints.filter((one) => one.capabilities.includes(capability)).length > 1;
  const word = attributeName(attribute, say, twoState);
  return shared ? `${word} ${own ?? endpoint}` : word;
}

/** A part's own name, where its capability says only that there is something. */
export function namedPart(device: Pick<DeviceLike, "endpoints">, endpoint: number, capability: string): string | undefined {
  return BARE.has(capability) ? (device.endpoints.find((one) => one.endpoint === endpoint)?.name ?? undefined) : undefined;
}

export function partName(device: Pick<DeviceLike, "endpoints">, endpoint: number, capability: string, say: Say): string {
  return namedPart(device, endpoint, capability) ?? capabilityName(capability, say);
}

/** The unit that a part's own values have, where the capability has none. */
export function unitOf(device: Pick<DeviceLike, "endpoints">, { endpoint }: Reading): string | undefined {
  return device.endpoints.find((one) => one.endpoint === endpoint)?.unit ?? undefined;
}
