// The present as components see it: one shared clock that ticks every ten seconds while anybody looks.
import { useSyncExternalStore } from "react";

const TICK_MS = 10_000;
let current = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick(): void {
  current = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function read(): number {
  // A clock that nobody listened to has stood still. Within a tick it must stand still too: React reads it twice.
  if (listeners.size === 0 && Date.now() - current >= TICK_MS) current = Date.now();
  return current;
}

/** Now, in milliseconds, renewed every ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read, read);
}
