// A step of the build: turns the messages of the catalogues into the short form that needs no parser in the browser.
// While one develops and tests, the messages stay as they are written, and mistakes in them are told.
import compile from "icu-minify/compile";

const CATALOGUES = "/src/i18n/";
/** The formatter of compiled messages alone, in place of the one that brings a parser along. */
const FORMATTER = "use-intl/format-message";

function compiled(value) {
  if (typeof value === "string") return compile(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, compiled(inner)]));
}

export function catalogues() {
  return {
    name: "lares-catalogues",
    apply: "build",
    enforce: "pre",
    config: () => ({ resolve: { alias: [{ find: new RegExp(`^${FORMATTER}$`), replacement: `${FORMATTER}/format-only` }] } }),
    transform(code, id) {
      if (!id.endsWith(".json") || !id.includes(CATALOGUES)) return null;
      return JSON.stringify(compiled(JSON.parse(code)));
    },
  };
}
