// What the server finds for a text: homes, rooms and devices. Asked a moment after the last key, not for each.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keys } from "../api/keys";
import { NoAnswer, ProblemError, type Problem } from "../api/problem";

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
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    gcTime: 60_000,
    retry: false,
  });
  return { ...query, items: text.trim() === "" ? [] : (query.data ?? []), isBehind: settled !== text.trim() || query.isFetching };
}
