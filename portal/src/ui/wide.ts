// Whether there is room for what a phone leaves out. What is not seen there is not drawn either: hidden by its style
// alone, it would cost a phone as much as if it were shown.
import { useSyncExternalStore } from "react";

/** As in the style sheets. */
const WIDE = "(min-width: 720px)";

let query: MediaQueryList | undefined;

function asked(): MediaQueryList {
  query ??= window.matchMedia(WIDE);
  return query;
}

function watch(listener: () => void): () => void {
  asked().addEventListener("change", listener);
  return () => asked().removeEventListener("change", listener);
}

export function useIsWide(): boolean {
  return useSyncExternalStore(watch, () => asked().matches);
}
