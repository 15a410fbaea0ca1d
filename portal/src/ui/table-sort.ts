// How rows are put in order: by a column's value, in the reader's language, the unknown always last.
export type SortValue = string | number | boolean | null | undefined;

export interface Sort {
  column: string;
  descending: boolean;
}

export function sortRows<Row>(rows: readonly Row[], value: (row: Row) => SortValue, descending: boolean, locale: string): Row[] {
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: "base" });
  const direction = descending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  return keyed.toSorted((a, b) => compare(a.key, b.key, collator, direction)).map(({ row }) => row);
}

function compare(a: SortValue, b: SortValue, collator: Intl.Collator, direction: number): number {
  const unknown = Number(isUnknown(a)) - Number(isUnknown(b));
  if (unknown !== 0 || isUnknown(a)) return unknown;
  if (typeof a === "string" && typeof b === "string") return direction * collator.compare(a, b);
  return direction * (Number(a) - Number(b));
}

function isUnknown(value: SortValue): boolean {
  return value === null || value === undefined;
}

/** A press on a header: the same column turns round, another begins ascending. */
export function nextSort(current: Sort | undefined, column: string): Sort {
  return { column, descending: current?.column === column ? !current.descending : false };
}
