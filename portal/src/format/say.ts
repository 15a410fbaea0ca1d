// The words of this area's catalogue as plain functions take them: a translator without the component around it.
import type { Units } from "./units";

export interface Say {
  (key: string, values?: Record<string, string | number>): string;
  has(key: string): boolean;
}

/** How a person reads numbers. */
export interface Reader {
  locale: string;
  units: Units;
}

/** What formatting needs to know of the person who reads. */
export interface Voice extends Reader {
  say: Say;
  /** The viewer's own time zone. */
  zone: string;
}

/** The catalogue's word, or the name itself taken apart: `NotFullyLocked` reads "Not fully locked". */
export function wordOr(say: Say, key: string, name: string): string {
  return say.has(key) ? say(key) : spaced(name);
}

export function spaced(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replaceAll("_", " ")
    .split(" ");
  const lower = words.map((word, index) => (index === 0 || word === word.toUpperCase() ? word : word.toLowerCase()));
  return lower.join(" ");
}
