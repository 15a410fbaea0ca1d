// The reader's voice for components: language, locale, time zone and units, as the pure formatters take them.
import { createContext, useContext, useMemo } from "react";
import { useLocale, useTimeZone, useTranslations } from "use-intl";
import type { Say, Voice } from "./say";
import type { Units } from "./units";

/** The units of whoever is signed in; the frame around their pages sets it. */
export const UnitsContext = createContext<Units>("metric");

/** Numbers and dates follow the browser's own region where it speaks the chosen language: en-GB, de-AT. */
export function regionOf(language: string, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
}

export function useVoice(): Voice {
  // Keys are computed from the names of capabilities here, so the compiler cannot check them; tests do.
  const say = useTranslations("format") as unknown as Say;
  const language = useLocale();
  const zone = useTimeZone() ?? "UTC";
  const units = useContext(UnitsContext);
  return useMemo(() => ({ say, locale: regionOf(language, navigator.languages), zone, units }), [say, language, zone, units]);
}
