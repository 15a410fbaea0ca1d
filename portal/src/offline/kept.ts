// What was last seen, kept on this machine for one person: the query cache, written now and then to IndexedDB.
import { type DehydratedState, type QueryClient, type QueryKey, dehydrate, hydrate } from "@tanstack/react-query";
import { createStore, del, get, set } from "idb-keyval";
import { keys } from "../api/keys";

/** Counts up when what is kept changes its shape; what an older portal kept is then dropped. */
const SHAPE = 1;
const RECORD = "seen";
const WRITE_EVERY_MS = 5_000;
const KEEP_MS = 30 * 24 * 3_600_000;
/** Searches, what concerns signing in, mails and what passes over MQTT are nobody's business later. */
const NOT_KEPT = new Set(["search", "tokens", "topics", "sessions", "account", "invitations", "oauth-clients", "mails"]);

export interface Kept {
  shape: number;
  user: string;
  at: number;
  state: DehydratedState;
}

/** The store that pages are kept in; a test gives its own. */
export interface Shelf {
  read(): Promise<Kept | undefined>;
  write(kept: Kept): Promise<void>;
  clear(): Promise<void>;
}

export function browserShelf(): Shelf {
  const store = createStore("lares", "seen");
  return {
    read: () => get<Kept>(RECORD, store),
    write: (kept) => set(RECORD, kept, store),
    clear: () => del(RECORD, store),
  };
}

export function mayBeKept(queryKey: QueryKey): boolean {
  return !NOT_KEPT.has(String(queryKey[0]));
}

export function userOf(cache: QueryClient): string | undefined {
  return cache.getQueryData<{ id: string }>(keys.profile)?.id;
}

export function pack(cache: QueryClient, now: number): Kept | undefined {
  const user = userOf(cache);
  if (user === undefined) return undefined;
  const state = dehydrate(cache, {
    shouldDehydrateQuery: (query) => query.state.status === "success" && mayBeKept(query.queryKey),
    shouldDehydrateMutation: () => false,
  });
  return { shape: SHAPE, user, at: now, state };
}

export function mayBeShown(kept: Kept | undefined, now: number): kept is Kept {
  return kept !== undefined && kept.shape === SHAPE && now - kept.at < KEEP_MS;
}

/** Puts back what was kept, and from then on keeps what is seen, until the person signs out. */
export async function keepSeen(cache: QueryClient, shelf: Shelf, now: () => number): Promise<void> {
  const kept = await shelf.read();
  if (mayBeShown(kept, now())) {
    hydrate(cache, kept.state);
    // Shown at once, and loaded again where the server answers: this tab's cursor may be ahead of what was kept.
    void cache.invalidateQueries({ refetchType: "none" });
  } else if (kept !== undefined) await shelf.clear();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let user = userOf(cache);
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    const packed = pack(cache, now());
    if (packed !== undefined) void shelf.write(packed).catch(() => undefined);
  };
  cache.getQueryCache().subscribe(({ type, query }) => {
    if (query.queryKey[0] === keys.profile[0]) {
      const current = userOf(cache);
      if (type === "removed" || (user !== undefined && current !== undefined && current !== user)) {
        // Signed out, or somebody else signed in: nothing of the one before may stay.
        if (type !== "removed") cache.removeQueries({ predicate: (other) => other.queryKey[0] !== keys.profile[0] });
        void shelf.clear().catch(() => undefined);
      }
      user = type === "removed" ? undefined : current;
    }
    if (type === "updated" && mayBeKept(query.queryKey)) timer ??= setTimeout(write, WRITE_EVERY_MS);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && timer !== undefined) write();
  });
}
