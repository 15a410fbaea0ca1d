// The type of the build step, for the strict check of vite.config.ts.
import type { Plugin } from "vite";

export function catalogues(): Plugin;
