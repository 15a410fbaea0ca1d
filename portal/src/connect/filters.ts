// Topic filters as people type them, one a line, and as the API has them.

/** Of what is empty: everything. */
export function filtersOf(text: string): string[] {
  const filters = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  return filters.length === 0 ? ["#"] : filters;
}

export function linesOf(filters: readonly string[] | undefined): string {
  return filters === undefined || filters.includes("#") ? "" : filters.join("\n");
}

/** `#` last and alone in its level, `+` alone in its level. */
export function isFilter(text: string): boolean {
  if (text === "" || text.includes("\u0000")) return false;
  const levels = text.split("/");
  return levels.every((level, index) => {
    if (level.includes("#")) return level === "#" && index === levels.length - 1;
    return !level.includes("+") || level === "+";
  });
}
