// The present, as components may know it: one timer for the whole page, so that all ages turn together.
import { createContext, startTransition, useContext, useEffect, useRef, useState } from "react";

const STEP_MS = 10_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let current = Date.now();

function tick(): void {
  current = Date.now();
  for (const listener of listeners) listener();
}

/** While nobody listens, the present stands still; whoever comes then takes it up again, and those beside share it. */
function present(): number {
  if (timer === undefined && Date.now() - current >= STEP_MS) current = Date.now();
  return current;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, STEP_MS);
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

/** Now in milliseconds since the epoch; turns every ten seconds, in a transition: a page may show a hundred ages. */
export function useNow(): number {
  const fixed = useContext(FixedNow);
  const [now, setNow] = useState(present);
  const seen = useRef(now);
  useEffect(() => {
    const take = () => startTransition(() => setNow(current));
    const stop = subscribe(take);
    if (current !== seen.current) take();
    return stop;
  }, []);
  return fixed ?? now;
}
