// Registers the service worker and says when a newer portal is ready to take over.
import { useSyncExternalStore } from "react";

const LOOK_EVERY_MS = 3_600_000;

let waiting: ServiceWorker | undefined;
const watchers = new Set<() => void>();

function ready(worker: ServiceWorker): void {
  waiting = worker;
  for (const watcher of watchers) watcher();
}

function watchInstall(registration: ServiceWorkerRegistration): void {
  const worker = registration.installing;
  worker?.addEventListener("statechange", () => {
    // Without a controller this is the first visit: nothing older runs, so nothing is to be replaced.
    if (worker.state === "installed" && navigator.serviceWorker.controller !== null) ready(worker);
  });
}

export function registerWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  // A browser refuses a worker under a certificate that it does not trust; the portal then simply is not offline.
  void navigator.serviceWorker
    .register("/sw.js")
    .then((registration) => {
      if (registration.waiting !== null && navigator.serviceWorker.controller !== null) ready(registration.waiting);
      registration.addEventListener("updatefound", () => watchInstall(registration));
      setInterval(() => void registration.update().catch(() => undefined), LOOK_EVERY_MS);
    })
    .catch(() => undefined);
}

/** Lets the newer portal take over, and loads it. */
export function takeUpdate(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting?.postMessage("take-over");
}

/** Whether a newer portal waits to be loaded. */
export function useUpdateReady(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => waiting !== undefined,
  );
}
