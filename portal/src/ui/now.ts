// The present, as components may know it: one timer for the whole page, so that all ages turn together.
import { createContext, useContext, useSyncExternalStore } from "react";

const STEP_MS = 10_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let current = Date.now();

function tick(): void {
  current = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    current = Date.now();
    timer = setInterval(tick, STEP_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** A time that stands still, for the component page and tests. */
export const FixedNow = createContext<number | undefined>(undefined);

/** Now in milliseconds since the epoch; turns every ten seconds. */
export function useNow(): number {
  const fixed = useContext(FixedNow);
  const ticking = useSyncExternalStore(subscribe, () => current);
  return fixed ?? ticking;
}
