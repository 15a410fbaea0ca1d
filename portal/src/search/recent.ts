// What was opened lately from the palette, on this machine; the newest first.
import { z } from "zod/mini";

const KEY = "lares.recent";
const MOST = 8;

const schema = z.array(z.object({ type: z.enum(["home", "room", "device"]), id: z.string(), name: z.string(), where: z.string(), home: z.nullable(z.string()) }));

export type RecentItem = z.infer<typeof schema>[number];

export function readRecent(user: string): RecentItem[] {
  try {
    return schema.parse(JSON.parse(localStorage.getItem(`${KEY}.${user}`) ?? "[]"));
  } catch {
    // Nothing kept, forbidden, or written by another version: then there is simply nothing recent.
    return [];
  }
}

export function withRecent(items: readonly RecentItem[], item: RecentItem): RecentItem[] {
  return [item, ...items.filter((other) => other.id !== item.id)].slice(0, MOST);
}

export function keepRecent(user: string, item: RecentItem): void {
  try {
    localStorage.setItem(`${KEY}.${user}`, JSON.stringify(withRecent(readRecent(user), item)));
  } catch {
    // See above.
  }
}
