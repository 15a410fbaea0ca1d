// What the server says of a field, in the reader's language where it is one of the reasons that people meet. Others are
// shown as they come: a reason in English is better than none.
import { useTranslations } from "use-intl";

const KNOWN = [
  ["email", /^must be an e-mail address$/],
  ["same", /^is your address already$/],
  ["wrong", /^is wrong$/],
  ["between", /^must have from (\d+) to (\d+) characters$/],
  ["common", /^is among the first that anybody would try/],
  ["sequence", /^is a repetition or a sequence/],
  ["aboutYou", /^is little more than your name/],
  ["atLeast", /^must have at least (\d+) character/],
  ["atMost", /^must have at most (\d+) characters$/],
  ["future", /^must be in the future/],
  ["address", /^must be an absolute URI/],
  ["https", /^(http is taken for the machine itself alone|must be https)/],
  ["addressMissing", /^must be given with authorization_code/],
] as const;

export type Reason = (typeof KNOWN)[number][0];

export interface KnownReason {
  key: Reason;
  first: number;
  second: number;
}

/** Which reason it is, with its numbers; undefined where it is none that we have words for. */
export function knownReason(reason: string): KnownReason | undefined {
  for (const [key, pattern] of KNOWN) {
    const found = pattern.exec(reason);
    if (found !== null) return { key, first: Number(found[1] ?? 0), second: Number(found[2] ?? 0) };
  }
  return undefined;
}

export function useReason(): (reason: string) => string {
  const t = useTranslations("ui.reasons");
  return (reason) => {
    const known = knownReason(reason);
    return known === undefined ? reason : t(known.key, { first: known.first, second: known.second });
  };
}
