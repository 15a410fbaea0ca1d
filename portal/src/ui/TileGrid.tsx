// Any number of tiles: as many columns as fit, and only the rows in view are drawn.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactNode, startTransition, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { WINDOW_LIST, windowSize } from "./window-list";

/** As in Tile.module.css. */
const LEAST_WIDTH = 264;
const GAP = 12;
const ROW_HEIGHT = 96;
const OVERSCAN = 4;

export interface TileGridProps<Item> {
  label: string;
  items: readonly Item[];
  itemKey: (item: Item) => string;
  children: (item: Item) => ReactNode;
}

export function columnsIn(width: number): number {
  return Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTH + GAP)));
}

export function TileGrid<Item>({ label, items, itemKey, children }: TileGridProps<Item>) {
  const place = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(1);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const measure = () => {
      const box = element.getBoundingClientRect();
      // Before the browser paints what was drawn for one column.
      flushSync(() => setColumns(columnsIn(box.width)));
      // At once it would draw every tile twice in one breath.
      startTransition(() => setTop(box.top + window.scrollY));
    };
    // Asked there, the browser has laid out already.
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // Known from the start, or all is drawn a second time as soon as it is; asked once, as each asking lays out the page.
  const [initialRect] = useState(windowSize);
  // oxlint-disable-next-line react/incompatible-library -- the virtualiser's functions are not kept beyond a render
  const virtual = useWindowVirtualizer({
    ...WINDOW_LIST,
    count: Math.ceil(items.length / columns),
    estimateSize: () => ROW_HEIGHT,
    gap: GAP,
    overscan: OVERSCAN,
    initialRect,
    scrollMargin: top,
  });
  const grid: CSSProperties = { display: "grid", gap: GAP, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, gridAutoRows: ROW_HEIGHT };
  const rows = virtual.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const shown = items.slice(first * columns, ((rows.at(-1)?.index ?? -1) + 1) * columns);
  return (
    <div ref={place} style={{ position: "relative", height: virtual.getTotalSize() }}>
      <ul aria-label={label} style={{ ...grid, position: "absolute", inset: "0 0 auto", transform: `translateY(${(rows[0]?.start ?? top) - top}px)` }}>
        {shown.map((item, index) => (
          <li key={itemKey(item)} aria-setsize={items.length} aria-posinset={first * columns + index + 1} style={{ display: "grid" }}>
            {children(item)}
          </li>
        ))}
      </ul>
    </div>
  );
}
