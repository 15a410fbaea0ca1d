// The axis of values.
/** The value axis: a little air around what is shown, no further than the unit goes. */
export function valueRange(lowest: number | null, highest: number | null, unit: string): [number, number] {
  if (lowest === null || highest === null) return [0, 1];
  const air = Math.max((highest - lowest) * 0.12, Math.abs(highest) * 0.02, 0.5);
  const floor = lowest >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  const ceiling = unit === "%" ? Math.max(100, highest) : Number.POSITIVE_INFINITY;
  return [Math.max(lowest - air, floor), Math.min(highest + air, ceiling)];
}
