// What stands below: drawn once what stands above it is on the screen, in pieces, so that the first of a page comes
// sooner and no press waits for all of it. Nothing may follow it that it would push down.
import { type ReactNode, useDeferredValue } from "react";

export function Later({ children }: { children: ReactNode }) {
  return useDeferredValue(true, false) ? children : null;
}
