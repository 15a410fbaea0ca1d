// Reads a list that comes in pages to its end, for the lists that a person sees whole.
interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

/** Far above any real list; it ends a server's mistake, not a person's work. */
const MOST_PAGES = 200;

export async function allPages<T>(read: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const page = await read(cursor);
    items.push(...page.items);
    if (page.next_cursor === undefined || page.next_cursor === null) return items;
    cursor = page.next_cursor;
  }
  throw new Error(`a list of more than ${MOST_PAGES} pages`);
}
