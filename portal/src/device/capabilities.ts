// The capability literals as the server lists them, with the ranges and enumerations read out of their wording, so
// that a control offers what the server takes.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../api/client";
import { keys } from "../api/keys";

export type Capability = Schemas["CapabilityView"];

export const capabilitiesQuery = queryOptions({
  queryKey: keys.capabilities,
  queryFn: ({ signal }): Promise<Capability[]> => answer(api.GET("/api/capabilities", { signal })),
  // They change with the server's version only.
  staleTime: Number.POSITIVE_INFINITY,
});

export type Kind =
  | { type: "boolean" }
  | { type: "number" | "integer"; min: number; max: number }
  | { type: "enum"; choices: string[] }
  | { type: "text" };

const RANGE = /^an? (number|integer) from (\S+) to (\S+)/;

/** Reads `a number from 0 to 100 %` or `one of Off, Auto`; what it cannot read is text. */
export function parseKind(text: string): Kind {
  if (text === "a boolean") return { type: "boolean" };
  if (text.startsWith("one of ")) return { type: "enum", choices: text.slice("one of ".length).split(", ") };
  const match = RANGE.exec(text);
  if (match === null) return { type: "text" };
  const [min, max] = [Number(match[2]), Number(match[3])];
  if (!Number.isFinite(min) || !Number.isFinite(max)) return { type: "text" };
  return { type: match[1] as "number" | "integer", min, max };
}

export interface AttributeSpec {
  unit: string | undefined;
  kind: Kind;
  eventful: boolean;
  /** It only rises; what it rose by is what people ask of it. */
  counter: boolean;
  meaning: string;
}

export function attributeSpec(capabilities: readonly Capability[] | undefined, full: string): AttributeSpec | undefined {
  const [capability, name] = full.split(".");
  const found = capabilities?.find((one) => one.name === capability)?.attributes.find((one) => one.name === name);
  if (found === undefined) return undefined;
  const { unit, kind, eventful, counter, meaning } = found;
  return { unit: unit ?? undefined, kind: parseKind(kind), eventful, counter, meaning };
}

/** The kind of a command's argument; undefined when the server does not know the command. */
export function argKind(capabilities: readonly Capability[] | undefined, command: string, arg: string): Kind | undefined {
  const [capability, name] = command.split(".");
  const commands = capabilities?.find((one) => one.name === capability)?.commands;
  const found = commands?.find((one) => one.name === name)?.args.find((one) => one.name === arg);
  return found === undefined ? undefined : parseKind(found.kind);
}

/** Whether a report proves the command; without one, the device's word that it took it is the end. */
export function isProvable(capabilities: readonly Capability[] | undefined, command: string): boolean | undefined {
  const [capability, name] = command.split(".");
  const found = capabilities?.find((one) => one.name === capability)?.commands.find((one) => one.name === name);
  return found === undefined ? undefined : found.confirmed_by !== undefined && found.confirmed_by !== null;
}
