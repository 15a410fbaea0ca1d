// The theme's colours as a canvas takes them, and a sign when they change: a canvas does not follow custom properties.
import { useSyncExternalStore } from "react";

export interface ChartColors {
  line: string;
  band: string;
  grid: string;
  text: string;
  surface: string;
  sunk: string;
  series: string[];
}

/** Further lines begin again with the first colour, dashed. */
export const SERIES_COLORS = 8;

const TOKENS: Record<Exclude<keyof ChartColors, "series">, string> = {
  line: "--accent",
  band: "--accent-soft",
  grid: "--line",
  text: "--text-soft",
  surface: "--surface",
  sunk: "--surface-sunk",
};

/** Resolved by the browser itself, since tokens may hold `light-dark()`. */
export function chartColors(place: HTMLElement): ChartColors {
  const probe = document.createElement("span");
  // Where motion is reduced every element has a transition, however short, and a colour would be read at its start.
  probe.style.setProperty("transition", "none", "important");
  place.append(probe);
  const resolve = (token: string) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const colors = Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, resolve(token)]));
  const series = Array.from({ length: SERIES_COLORS }, (_, index) => resolve(`--series-${index + 1}`));
  probe.remove();
  return { ...colors, series } as unknown as ChartColors;
}

function watchTheme(changed: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  dark.addEventListener("change", changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    dark.removeEventListener("change", changed);
    observer.disconnect();
  };
}

/** A text that differs from theme to theme; charts are drawn anew when it changes. */
export function useThemeName(): string {
  return useSyncExternalStore(
    watchTheme,
    () => document.documentElement.dataset["theme"] ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"),
  );
}
