// Lays the errors of a problem document on the fields of a form: JSON Pointers to field names.
import type { Problem } from "../api/problem";

export interface LaidErrors {
  fields: { name: string; reason: string }[];
  /** Those that no field of this form shows; they must not be lost. */
  rest: string[];
}

/** `/endpoints/0/capabilities` names the form's field `endpoints.0.capabilities`, or the nearest one above it. */
export function layErrors(problem: Problem, hasField: (name: string) => boolean): LaidErrors {
  const laid: LaidErrors = { fields: [], rest: [] };
  for (const { field, reason } of problem.errors ?? []) {
    const parts = field.replace(/^\//, "").split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    const name = nearest(parts, hasField);
    if (name === undefined) laid.rest.push(`${field}: ${reason}`);
    else laid.fields.push({ name, reason });
  }
  return laid;
}

function nearest(parts: readonly string[], hasField: (name: string) => boolean): string | undefined {
  for (let length = parts.length; length > 0; length -= 1) {
    const name = parts.slice(0, length).join(".");
    if (hasField(name)) return name;
  }
  return undefined;
}
