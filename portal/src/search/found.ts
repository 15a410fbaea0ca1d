// What the server finds for a text: homes, rooms and devices. Asked a moment after the last key, not for each.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keys } from "../api/keys";
import { devicesQuery, homesQuery, roomsQuery } from "../api/lists";
import { NoAnswer, ProblemError, type Problem } from "../api/problem";
import { score } from "./results";

export interface FoundItem {
  type: "home" | "room" | "device";
  id: string;
  name: string;
  home: { id: string; name: string } | null;
  room: { id: string; name: string } | null;
  detail: string;
}

const SETTLE_MS = 120;

async function search(text: string, signal: AbortSignal): Promise<FoundItem[]> {
  let response: Response;
  try {
    response = await fetch(`/api/search?${new URLSearchParams({ q: text, limit: "12" })}`, { credentials: "same-origin", signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new NoAnswer({ cause });
  }
  if (!response.ok) throw new ProblemError((await response.json()) as Problem);
  return ((await response.json()) as { items: FoundItem[] }).items;
}

function placed(list: readonly { id: string; name: string }[], id: string | null | undefined): { id: string; name: string } | null {
  const one = list.find((place) => place.id === id);
  return one === undefined ? null : { id: one.id, name: one.name };
}

/** What this machine knows, until the server has answered or where it cannot: by name, maker, model and serial. */
function useKnown(text: string): FoundItem[] {
  const cache = useQueryClient();
  if (text === "") return [];
  const homes = cache.getQueryData(homesQuery.queryKey) ?? [];
  const rooms = cache.getQueryData(roomsQuery().queryKey) ?? [];
  const devices = cache.getQueryData(devicesQuery().queryKey) ?? [];
  const all: { item: FoundItem; words: string }[] = [
    ...homes.map(({ id, name }) => ({ item: { type: "home" as const, id, name, home: null, room: null, detail: "" }, words: name })),
    ...rooms.map(({ id, name, home }) => ({ item: { type: "room" as const, id, name, home: placed(homes, home), room: null, detail: "" }, words: name })),
    ...devices.map(({ id, name, home, room, vendor, model, serial }) => ({
      item: { type: "device" as const, id, name, home: placed(homes, home), room: placed(rooms, room), detail: `${vendor} ${model}`.trim() },
      words: [name, vendor, model, serial ?? ""].join(" "),
    })),
  ];
  return all
    .map(({ item, words }) => ({ item, points: score(words, text) }))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points)
    .map(({ item }) => item);
}

export function useFound(text: string) {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text.trim()), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const query = useQuery({
    queryKey: keys.search(settled),
    queryFn: ({ signal }) => search(settled, signal),
    enabled: settled !== "",
    staleTime: 10_000,
    gcTime: 60_000,
    retry: false,
  });
  const known = useKnown(text.trim());
  const isBehind = settled !== text.trim() || query.isFetching;
  const items = isBehind || query.data === undefined ? known : query.data;
  return { ...query, isBehind, items: text.trim() === "" ? [] : items };
}
