// Voices for tests: the real catalogues, read the way components read them, so that a missing word fails a test.
import { createTranslator } from "use-intl/core";
import de from "../i18n/de/format.json";
import en from "../i18n/en/format.json";
import type { Say, Voice } from "./say";
import type { Units } from "./units";

export function testVoice(locale: "en-GB" | "de-DE" = "en-GB", zone = "Europe/Berlin", units: Units = "metric"): Voice {
  const messages = locale === "de-DE" ? { format: de } : { format: en };
  const language = locale === "de-DE" ? ("de" as const) : ("en" as const);
  const options = { locale: language, messages: messages as never, namespace: "format" as never, onError: rethrow };
  const say = createTranslator(options);
  return { say: say as unknown as Say, locale, zone, units };
}

function rethrow(error: Error): never {
  throw error;
}
