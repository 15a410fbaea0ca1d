// What somebody typed as the right value, in their units, as the device would have told it. Pure.
import type { AttributeSpec } from "../device/capabilities";
import type { Conversion } from "../format/units";
import type { Value } from "../format/wording";

/** As it stands in the field: whole where that is exact enough, and never longer than anybody reads. */
export function shownIn(value: Value, conversion: Conversion): string {
  if (typeof value !== "number") return String(value);
  const shown = conversion.of(value);
  return String(shown === value ? value : Number(shown.toPrecision(6)));
}

/** Undefined where the text is no such value. What is left as it was shown stays what it was. */
export function valueOf(text: string, before: Value, spec: AttributeSpec | undefined, conversion: Conversion): Value | undefined {
  const type = spec?.kind.type ?? (typeof before === "string" ? "text" : (typeof before as "number" | "boolean"));
  switch (type) {
    case "boolean":
      return text === "true" || text === "false" ? text === "true" : undefined;
    case "number":
    case "integer": {
      if (text === shownIn(before, conversion)) return before;
      const typed = Number(text.trim().replace(/^([-+]?\d+),(\d+)$/, "$1.$2"));
      if (text.trim() === "" || !Number.isFinite(typed)) return undefined;
      const kept = conversion.back(typed);
      return type === "integer" && !Number.isInteger(kept) ? undefined : kept;
    }
    default:
      return text;
  }
}
