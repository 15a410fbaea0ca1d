// The series of a device by name: those it could tell, by what it was registered with, and how each is called.
import type { Device } from "../api/lists";
import { type AttributeSpec, attributeSpec, type Capability } from "../device/capabilities";
import { attributeName, twoStateOf } from "../format/wording";
import type { Say } from "../format/say";

export interface Taken {
  endpoint: number;
  attribute: string;
  spec: AttributeSpec;
}

/** All that a file may hold of a device. */
export function takenBy(device: Device, capabilities: readonly Capability[]): Taken[] {
  return device.endpoints.flatMap(({ endpoint, capabilities: own }) =>
    own.flatMap((name) => {
      const attributes = capabilities.find((one) => one.name === name)?.attributes ?? [];
      return attributes.flatMap(({ name: attribute }) => {
        const full = `${name}.${attribute}`;
        const spec = attributeSpec(capabilities, full);
        return spec === undefined ? [] : [{ endpoint, attribute: full, spec }];
      });
    }),
  );
}

/** Numbered where more than one part of the device tells the same. */
export function seriesName(device: Device, endpoint: number, attribute: string, say: Say): string {
  const [capability = ""] = attribute.split(".", 1);
  const several = device.endpoints.filter(({ capabilities }) => capabilities.includes(capability)).length > 1;
  return attributeName(attribute, say, twoStateOf(device)) + (several ? ` ${endpoint}` : "");
}

const EXAMPLES: Readonly<Record<AttributeSpec["kind"]["type"], string>> = { boolean: "true", number: "21.5", integer: "21", enum: "", text: "text" };

/** A value that would be taken. */
export function exampleOf({ kind }: AttributeSpec): string {
  if (kind.type === "enum") return kind.choices[0] ?? "";
  if (kind.type !== "number" && kind.type !== "integer") return EXAMPLES[kind.type];
  const example = Number(EXAMPLES[kind.type]);
  return String(example < kind.min || example > kind.max ? kind.min : example);
}
