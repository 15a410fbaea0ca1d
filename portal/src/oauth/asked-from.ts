// Where a device's question came from, as a person knows it again. What a program calls itself is its own word: only
// names that are known are repeated, or a program could write its own recommendation into the question.
import { programOf } from "../security/program";

export interface AskedFrom {
  browser?: string;
  system?: string;
  address?: string;
}

const ADDRESS = /^[0-9a-f:.]+$/i;

/** The server says program and address in one line, the address last; one of them may be missing. */
export function askedFrom(line: string): AskedFrom {
  const parts = line.split(", ");
  const last = parts.at(-1) ?? "";
  const hasAddress = ADDRESS.test(last);
  const { browser, system } = programOf((hasAddress ? parts.slice(0, -1) : parts).join(", "));
  const known = browser !== undefined && /^[A-Z][A-Za-z]+( [A-Z][a-z]+)?$/.test(browser) && system !== undefined;
  return { ...(known && { browser }), ...(system !== undefined && { system }), ...(hasAddress && { address: last }) };
}
