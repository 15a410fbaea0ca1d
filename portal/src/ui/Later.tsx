// What stands below: drawn once what stands above it is on the screen, in pieces, so that the first of a page comes
// sooner and no press waits for all of it.
import { type ReactNode, useDeferredValue } from "react";

export interface LaterProps {
  /** About as high as it will be: the page keeps its length, and goes back to where it was scrolled. */
  height: number;
  children: ReactNode;
}

export function Later({ height, children }: LaterProps) {
  return useDeferredValue(true, false) ? children : <div style={{ height }} />;
}
