// The build compiles the messages: what comes out of the short form is what the written message says, in each language.
import compile from "icu-minify/compile";
import format, { type FormatValues } from "icu-minify/format";
import { describe, expect, it } from "vitest";
import { createTranslator } from "use-intl/core";
import { messages as de } from "./de";
import { messages as readingsDe } from "./de-readings";
import { messages as searchDe } from "./de-search";
import { messages as seldomDe } from "./de-seldom";
import { messages as en } from "./en";
import { messages as readingsEn } from "./en-readings";
import { messages as searchEn } from "./en-search";
import { messages as seldomEn } from "./en-seldom";

const formatters = {
  getDateTimeFormat: (...args: ConstructorParameters<typeof Intl.DateTimeFormat>) => new Intl.DateTimeFormat(...args),
  getNumberFormat: (...args: ConstructorParameters<typeof Intl.NumberFormat>) => new Intl.NumberFormat(...args),
  getPluralRules: (...args: ConstructorParameters<typeof Intl.PluralRules>) => new Intl.PluralRules(...args),
};

function flatten(value: unknown, path: string): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) => flatten(inner, path === "" ? key : `${path}.${key}`));
}

/** A value for each argument: a number where it is counted, a function where it is a tag. */
function valuesFor(message: string, count: number): FormatValues<string> {
  const args = [...message.matchAll(/\{\s*([A-Za-z_]\w*)\s*([,}])/g)].map(([, name, end]) => [name, end === "," ? count : `<${name}>`]);
  const tags = [...message.matchAll(/<([a-z]+)>/g)].map(([, name]) => [name, (chunks: string[]) => `[${chunks.join("")}]`]);
  return Object.fromEntries([...args, ...tags]) as FormatValues<string>;
}

describe.each([
  ["en", { ...en, ...seldomEn, ...readingsEn, ...searchEn }],
  ["de", { ...de, ...seldomDe, ...readingsDe, ...searchDe }],
] as const)("the compiled messages in %s", (locale, messages) => {
  it("read as they are written", () => {
    const options = { locale, messages: { all: Object.fromEntries(flatten(messages, "").map(([key, text]) => [key.replaceAll(".", "/"), text])) } as never };
    const written = createTranslator({ ...options, namespace: "all" as never }) as unknown as { markup(key: string, values: object): string };
    for (const [key, message] of flatten(messages, "")) {
      for (const count of [0, 1, 1234]) {
        const values = valuesFor(message, count);
        const compiled = format<string>(compile(message), locale, values, { formatters });
        expect([key, Array.isArray(compiled) ? compiled.join("") : compiled]).toEqual([key, written.markup(key.replaceAll(".", "/"), values)]);
      }
    }
  });
});
