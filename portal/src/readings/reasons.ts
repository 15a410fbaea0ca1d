// Why a row or a value was refused, in the reader's language: the server's reasons for readings, taken apart.

const KNOWN = [
  ["timeForm", /^must be an RFC 3339 date-time/],
  ["future", /(?:lies in the future|h in the future)$/],
  ["tooOld", /^time .* is before .*: the device's clock is not set$/],
  ["endpointForm", /^must be a number from 0 to 254$/],
  ["notRegistered", /^endpoint (\d+) was not registered with (\w+)$/],
  ["unknownAttribute", /^is not a known attribute/],
  ["outside", /^(\S+) is outside an? (?:number|integer) from (\S+) to (.+)$/],
  ["notOneOf", /^"(.*)" is not one of (.+)$/],
  ["notNumber", /^expected an? (?:number|integer) from (\S+) to (.+), got \w+(?: .*)?$/],
  ["notBoolean", /^expected a boolean, got \w+(?: .*)?$/],
  ["cells", /^has (\d+) cells, the heading has (\d+)$/],
  ["noReading", /^there is no reading of this series at this instant/],
] as const;

export type ReadingReason = (typeof KNOWN)[number][0];

export interface KnownReading {
  key: ReadingReason;
  /** What it names, in order. */
  named: [string, string, string];
}

/** Which reason it is; undefined where it is none that we have words for. */
export function knownReading(reason: string): KnownReading | undefined {
  for (const [key, pattern] of KNOWN) {
    const found = pattern.exec(reason);
    if (found !== null) return { key, named: [1, 2, 3].map((nth) => (found[nth] ?? "").trim()) as KnownReading["named"] };
  }
  return undefined;
}
