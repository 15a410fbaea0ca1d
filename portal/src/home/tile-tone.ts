// How worrying a device is at a glance: the worst of its readings, battery included.
import type { TileContent } from "../device/presentation";
import { type Tone, toneOf } from "../format/wording";
import type { DeviceState, LatestValue } from "../live/hooks";

export function tileTone(content: TileContent, state: DeviceState | undefined): "attention" | "danger" | undefined {
  if (state === undefined) return undefined;
  const tones = new Set<Tone>();
  for (const latest of Object.values(state.latest)) tones.add(toneOf(latest.attribute, latest.value, content.twoState));
  if (tones.has("danger")) return "danger";
  return tones.has("attention") ? "attention" : undefined;
}

/** The readings behind a tile's colour that the tile would not show otherwise: colour never stands alone. */
export function untold(content: TileContent, state: DeviceState): LatestValue[] {
  const shown = new Set([content.main, ...content.secondary].map((reading) => `${reading?.endpoint}/${reading?.attribute}`));
  return Object.entries(state.latest).flatMap(([key, latest]) => {
    const tone = toneOf(latest.attribute, latest.value, content.twoState);
    return (tone === "attention" || tone === "danger") && !shown.has(key) ? [latest] : [];
  });
}
