// Parts of one page, one at a time. Keep the chosen one in the URL, so that a link leads to what was seen.
import { type KeyboardEvent, type ReactNode, useId, useRef } from "react";
import styles from "./Tabs.module.css";

export interface TabsProps<Id extends string> {
  label: string;
  value: Id;
  onChange: (value: Id) => void;
  items: readonly { id: Id; label: string; content: ReactNode }[];
}

/** Where an arrow leads from the tab at `index`, round the ends; undefined for other keys. */
function target(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case "ArrowRight":
      return (index + 1) % count;
    case "ArrowLeft":
      return (index + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

export function Tabs<Id extends string>({ label, value, onChange, items }: TabsProps<Id>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  function onKeyDown(event: KeyboardEvent): void {
    const current = items.findIndex((item) => item.id === value);
    const next = target(event.key, current, items.length);
    const item = next === undefined ? undefined : items[next];
    if (next === undefined || item === undefined) return;
    event.preventDefault();
    onChange(item.id);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  }
  return (
    <div className={styles.tabs}>
      <div ref={list} role="tablist" tabIndex={-1} aria-label={label} className={styles.list} onKeyDown={onKeyDown}>
        {items.map((item) => (
          <button
            key={item.id}
            type="button"
            role="tab"
            id={`${id}-${item.id}-tab`}
            aria-selected={item.id === value}
            aria-controls={`${id}-${item.id}`}
            tabIndex={item.id === value ? 0 : -1}
            className={styles.tab}
            onClick={() => onChange(item.id)}
          >
            {item.label}
          </button>
        ))}
      </div>
      {items.map((item) => (
        <div
          key={item.id}
          role="tabpanel"
          id={`${id}-${item.id}`}
          aria-labelledby={`${id}-${item.id}-tab`}
          hidden={item.id !== value}
          tabIndex={0}
          className={styles.panel}
        >
          {item.id === value && item.content}
        </div>
      ))}
    </div>
  );
}
