// Instants as they come over the wire, RFC 3339 text or milliseconds, made into the one form the portal computes with.

export type Instant = string | number;

/** Milliseconds since the Unix epoch; NaN when the text is no instant. */
export function millis(instant: Instant): number {
  return typeof instant === "number" ? instant : Date.parse(instant);
}

export function millisOrNull(instant: Instant | null | undefined): number | null {
  if (instant === null || instant === undefined) return null;
  const at = millis(instant);
  return Number.isNaN(at) ? null : at;
}

/** As the API's query parameters and bodies take it. */
export function wireInstant(at: number): string {
  return new Date(at).toISOString();
}
