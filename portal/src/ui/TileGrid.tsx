// Any number of tiles: as many columns as fit, and only the rows in view are drawn.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactNode, useLayoutEffect, useRef, useState } from "react";

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
  const [shape, setShape] = useState({ columns: 1, top: 0 });
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const measure = () => {
      const box = element.getBoundingClientRect();
      setShape({ columns: columnsIn(box.width), top: box.top + window.scrollY });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // oxlint-disable-next-line react/incompatible-library -- the virtualiser's functions are not kept beyond a render
  const virtual = useWindowVirtualizer({
    count: Math.ceil(items.length / shape.columns),
    estimateSize: () => ROW_HEIGHT,
    gap: GAP,
    overscan: OVERSCAN,
    scrollMargin: shape.top,
  });
  const grid: CSSProperties = { display: "grid", gap: GAP, gridTemplateColumns: `repeat(${shape.columns}, minmax(0, 1fr))`, gridAutoRows: ROW_HEIGHT };
  const rows = virtual.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const shown = items.slice(first * shape.columns, ((rows.at(-1)?.index ?? -1) + 1) * shape.columns);
  return (
    <div ref={place} style={{ position: "relative", height: virtual.getTotalSize() }}>
      <ul aria-label={label} style={{ ...grid, position: "absolute", inset: "0 0 auto", transform: `translateY(${(rows[0]?.start ?? shape.top) - shape.top}px)` }}>
        {shown.map((item, index) => (
          <li key={itemKey(item)} aria-setsize={items.length} aria-posinset={first * shape.columns + index + 1} style={{ display: "grid" }}>
            {children(item)}
          </li>
        ))}
      </ul>
    </div>
  );
}
