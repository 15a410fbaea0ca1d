// A table of up to many thousands of rows: a real `<table>`, of which only what is in view is drawn. Sorting is the
// caller's state (keep it in the URL), selecting is optional.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { type CSSProperties, memo, type ReactNode, startTransition, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { useLocale, useTranslations } from "use-intl";
import { Checkbox } from "./Checkbox";
import { classes } from "./classes";
import styles from "./Table.module.css";
import { nextSort, type Sort, sortRows, type SortValue } from "./table-sort";
import { useIsWide } from "./wide";
import { WINDOW_LIST, windowSize } from "./window-list";

export interface Column<Row> {
  id: string;
  title: string;
  /** Only read out: where what is in the cells speaks for itself. */
  hideTitle?: boolean;
  cell: (row: Row) => ReactNode;
  /** Makes the column sortable. */
  sort?: (row: Row) => SortValue;
  /** CSS width; columns without one share what is left. */
  width?: string;
  align?: "start" | "end";
  /** Left out on phones. */
  wideOnly?: boolean;
}

export interface TableProps<Row> {
  /** What the table lists, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sort?: Sort | undefined;
  onSort?: (sort: Sort) => void;
  selection?: { chosen: ReadonlySet<string>; onChange: (chosen: ReadonlySet<string>) => void; nameOf: (row: Row) => string };
  rowHeight?: number;
}

const ROW_HEIGHT = 44;
const OVERSCAN = 5;
/** Where tables begin on most pages: until it is measured, no more rows are drawn than will be seen. */
const USUAL_TOP = 280;

/** What a phone leaves out is not drawn there at all. */
function useSeen<Row>(columns: readonly Column<Row>[]): readonly Column<Row>[] {
  const wide = useIsWide();
  return useMemo(() => (wide ? columns : columns.filter(({ wideOnly }) => !wideOnly)), [columns, wide]);
}

export function Table<Row>(props: TableProps<Row>) {
  const { label, columns: all, rows, rowKey, sort, selection, rowHeight = ROW_HEIGHT } = props;
  const columns = useSeen(all);
  const locale = useLocale();
  const ordered = useMemo(() => {
    const by = all.find((column) => column.id === sort?.column)?.sort;
    return sort && by ? sortRows(rows, by, sort.descending, locale) : rows;
  }, [all, rows, sort, locale]);
  const place = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(USUAL_TOP);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    // Asked here, the browser has laid out already; and at once it would draw every row twice in one breath.
    const observer = new ResizeObserver(() => startTransition(() => setTop(element.getBoundingClientRect().top + window.scrollY)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // Known from the start, or all is drawn a second time as soon as it is; asked once, as each asking lays out the page.
  const [initialRect] = useState(windowSize);
  // First the rows that are seen; those around them follow.
  const overscan = useDeferredValue(OVERSCAN, 0);
  // oxlint-disable-next-line react/incompatible-library -- the virtualiser's functions are not kept beyond a render
  const virtual = useWindowVirtualizer({
    ...WINDOW_LIST,
    count: ordered.length,
    estimateSize: () => rowHeight,
    overscan,
    initialRect,
    scrollMargin: top,
  });
  const items = virtual.getVirtualItems();
  const before = (items[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <div className={styles.scroll} ref={place}>
      <table className={styles.table} aria-label={label} aria-rowcount={ordered.length + 1} style={{ "--row": `${rowHeight}px` } as CSSProperties}>
        <Head {...props} columns={columns} />
        <tbody>
          <Spacer height={before} />
          {items.map((item) => {
            const row = ordered[item.index];
            if (row === undefined) return null;
            return <Line key={rowKey(row)} row={row} index={item.index} id={rowKey(row)} columns={columns} selection={selection} />;
          })}
          <Spacer height={after} />
        </tbody>
      </table>
    </div>
  );
}

/** One cell alone: columns that phones leave out must not come back through a span. */
function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden className={styles.spacer}>
      {/* oxlint-disable-next-line jsx-a11y/control-has-associated-label -- it only keeps the height, and is hidden */}
      <td style={{ height }} />
    </tr>
  );
}

function Head<Row>({ columns, rows, rowKey, sort, onSort, selection }: TableProps<Row>) {
  const t = useTranslations("ui");
  const all = rows.length > 0 && rows.every((row) => selection?.chosen.has(rowKey(row)));
  return (
    <thead className={styles.head}>
      <tr aria-rowindex={1}>
        {selection && (
          <th className={styles.select}>
            <Checkbox
              aria-label={t("selectAll")}
              isSelected={all}
              isIndeterminate={!all && selection.chosen.size > 0}
              onChange={(chosen) => selection.onChange(new Set(chosen ? rows.map(rowKey) : []))}
            />
          </th>
        )}
        {columns.map((column) => (
          <HeadCell key={column.id} column={column} sort={sort} onSort={onSort} />
        ))}
      </tr>
    </thead>
  );
}

interface HeadCellProps<Row> {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}

function HeadCell<Row>({ column, sort, onSort }: HeadCellProps<Row>) {
  const sorted = sort?.column === column.id;
  const Arrow = !sorted ? ChevronsUpDown : sort.descending ? ArrowDown : ArrowUp;
  const order = !sorted ? undefined : sort.descending ? "descending" : "ascending";
  return (
    <th scope="col" className={cellClass(column)} style={{ width: column.width }} aria-sort={order}>
      {column.sort && onSort ? (
        <button type="button" className={styles.sort} onClick={() => onSort(nextSort(sort, column.id))}>
          {column.title}
          <Arrow size={14} aria-hidden className={sorted ? undefined : styles.idle} />
        </button>
      ) : (
        <span className={classes(column.hideTitle && styles.hidden)}>{column.title}</span>
      )}
    </th>
  );
}

function cellClass<Row>(column: Column<Row>): string {
  return classes(column.align === "end" && styles.end, column.wideOnly && styles.wideOnly);
}

interface LineProps<Row> {
  row: Row;
  index: number;
  id: string;
  columns: readonly Column<Row>[];
  selection: TableProps<Row>["selection"];
}

function DrawnLine<Row>({ row, index, id, columns, selection }: LineProps<Row>) {
  const t = useTranslations("ui");
  const chosen = selection?.chosen.has(id) ?? false;
  function choose(on: boolean): void {
    const next = new Set(selection?.chosen);
    if (on) next.add(id);
    else next.delete(id);
    selection?.onChange(next);
  }
  return (
    <tr className={styles.row} aria-rowindex={index + 2} data-selected={chosen || undefined}>
      {selection && (
        <td className={styles.select}>
          <Checkbox aria-label={t("selectRow", { name: selection.nameOf(row) })} isSelected={chosen} onChange={choose} />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} className={cellClass(column)}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

/** Scrolling draws the new rows, not those that are there. */
const Line = memo(DrawnLine) as typeof DrawnLine;
