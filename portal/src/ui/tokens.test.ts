// Every pair of colours that text and its ground make, in both themes, against WCAG AA.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const AA_TEXT = 4.5;
const AA_SHAPE = 3;
const css = readFileSync("src/ui/tokens.css", "utf8");

function colour(name: string, theme: "light" | "dark"): string {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  const value = found?.[theme === "light" ? 1 : 2];
  if (value === undefined) throw new Error(`no token --${name}`);
  return value;
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const grounds = ["ground", "surface", "surface-sunk", "surface-raised"];
const onGrounds = ["text", "text-soft", "accent", "ok", "attention", "danger", "unknown"];
const tones = ["ok", "attention", "danger", "unknown", "accent"];
const pairs = [
  ...onGrounds.flatMap((text) => grounds.map((ground) => [text, ground] as const)),
  ...tones.map((tone) => [tone, `${tone}-soft`] as const),
  ...tones.map((tone) => ["text", `${tone}-soft`] as const),
  ["on-accent", "accent"] as const,
  ["on-accent", "accent-strong"] as const,
  ["on-danger", "danger"] as const,
];

describe.each(["light", "dark"] as const)("%s", (theme) => {
  it.each(pairs)("%s on %s can be read", (text, ground) => {
    expect(contrast(colour(text, theme), colour(ground, theme))).toBeGreaterThanOrEqual(AA_TEXT);
  });
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("line %i of a chart shows on its ground", (number) => {
    expect(contrast(colour(`series-${number}`, theme), colour("surface", theme))).toBeGreaterThanOrEqual(AA_SHAPE);
  });
  it.each(grounds)("a control's edge shows on %s", (ground) => {
    expect(contrast(colour("line-strong", theme), colour(ground, theme))).toBeGreaterThanOrEqual(AA_SHAPE);
  });
});
