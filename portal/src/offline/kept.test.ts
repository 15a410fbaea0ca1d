// What is kept for offline reading: of one person, for a while, and gone when they sign out.
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "../api/keys";
import { type Kept, type Shelf, keepSeen } from "./kept";

function paperShelf(kept?: Kept) {
  const shelf = { kept, read: async () => shelf.kept, write: async (next: Kept) => void (shelf.kept = next), clear: async () => void (shelf.kept = undefined) };
  return shelf satisfies Shelf & { kept: Kept | undefined };
}

const NOW = Date.parse("2026-06-01T12:00:00Z");
const seen = async (shelf: Shelf, at = NOW) => {
  const cache = new QueryClient();
  await keepSeen(cache, shelf, () => at);
  return cache;
};

beforeEach(() => {
  vi.useFakeTimers();
});

describe("keepSeen", () => {
  it("keeps what was seen and puts it back, searches and tokens excepted", async () => {
    const shelf = paperShelf();
    const cache = await seen(shelf);
    cache.setQueryData(keys.profile, { id: "u1" });
    cache.setQueryData(keys.homes, ["home"]);
    cache.setQueryData(keys.search("lamp"), ["secret"]);
    cache.setQueryData(keys.tokens, ["token"]);
    await vi.advanceTimersByTimeAsync(5_000);
    const later = await seen(shelf, NOW + 1);
    expect(later.getQueryData(keys.homes)).toEqual(["home"]);
    expect(later.getQueryData(keys.search("lamp"))).toBeUndefined();
    expect(later.getQueryData(keys.tokens)).toBeUndefined();
  });

  it("keeps nothing of somebody who signed out", async () => {
    const shelf = paperShelf();
    const cache = await seen(shelf);
    cache.setQueryData(keys.profile, { id: "u1" });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(shelf.kept?.user).toBe("u1");
    cache.clear();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(shelf.kept).toBeUndefined();
  });

  it("shows nobody what another person saw", async () => {
    const shelf = paperShelf();
    const cache = await seen(shelf);
    cache.setQueryData(keys.profile, { id: "u1" });
    cache.setQueryData(keys.homes, ["theirs"]);
    await vi.advanceTimersByTimeAsync(5_000);
    const next = await seen(shelf);
    next.setQueryData(keys.profile, { id: "u2" });
    expect(next.getQueryData(keys.homes)).toBeUndefined();
  });

  it("drops what is a month old, or of another shape", async () => {
    const shelf = paperShelf();
    const cache = await seen(shelf);
    cache.setQueryData(keys.profile, { id: "u1" });
    await vi.advanceTimersByTimeAsync(5_000);
    const old = await seen(shelf, NOW + 31 * 24 * 3_600_000);
    expect(old.getQueryData(keys.profile)).toBeUndefined();
    expect(shelf.kept).toBeUndefined();
  });
});
