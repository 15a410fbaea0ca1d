// What keeps the portal usable without a network: started before the first page is drawn.
import type { QueryClient } from "@tanstack/react-query";
import { browserShelf, keepSeen } from "./kept";
import { registerWorker } from "./update";

/** Reading IndexedDB takes a few milliseconds; a store that hangs or is forbidden must not hold the portal up. */
const WAIT_FOR_STORE_MS = 1_000;
/** Its first run fetches every file of the portal: that must not take the line from the page that is being opened. */
const WORKER_AFTER_MS = 3_000;

export async function startOffline(cache: QueryClient): Promise<void> {
  if (import.meta.env.PROD) setTimeout(registerWorker, WORKER_AFTER_MS);
  try {
    const enough = new Promise<void>((resolve) => setTimeout(resolve, WAIT_FOR_STORE_MS));
    await Promise.race([keepSeen(cache, browserShelf(), () => Date.now()), enough]);
  } catch {
    // Private windows may have no IndexedDB: the portal then works, but shows nothing without a network.
  }
}
