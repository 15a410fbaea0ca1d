// Reads single values out of a URL's search part, where anybody may have written anything. What is not right is
// left out, so that a broken link still opens the page.
/** May be given as undefined, to take it out of the URL. */
type Named<K extends string, V> = { [P in K]?: V | undefined };

export function optionalText<K extends string>(name: K, value: unknown): Named<K, string> {
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof text === "string" && text.trim() !== "" ? ({ [name]: text } as Named<K, string>) : {};
}

export function optionalChoice<K extends string, V extends string>(name: K, value: unknown, choices: readonly V[]): Named<K, V> {
  const found = choices.find((choice) => choice === value);
  return found === undefined ? {} : ({ [name]: found } as Named<K, V>);
}

export function optionalNumber<K extends string>(name: K, value: unknown): Named<K, number> {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? ({ [name]: number } as Named<K, number>) : {};
}
