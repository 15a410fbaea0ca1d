// Where this tab stands in the event log, so that a reload goes on from there. Per tab and per person. A tab that
// stands nowhere yet asks before it loads anything: then nothing has to be loaded twice.

const PATH = "/api/live";
/** What was kept from last time is not held back longer than this for it. */
const WAIT_MS = 200;
let first: string | undefined;
/** Counts the askings; an answer to an earlier one comes too late. */
let asking = 0;

/** Asks for the place that everything loaded after the answer already stands at. Without an answer, all is loaded again. */
export async function askFirstCursor(): Promise<void> {
  asking += 1;
  const enough = new Promise<void>((resolve) => setTimeout(resolve, WAIT_MS));
  await Promise.race([ask(asking), enough]);
}

async function ask(mine: number): Promise<void> {
  try {
    const response = await fetch(PATH, { headers: { accept: "application/json" } });
    const { cursor } = (await response.json()) as { cursor?: string };
    if (mine === asking) first = cursor;
  } catch {
    // Nobody there: the live connection will find out by itself.
  }
}

export function firstCursor(): string | undefined {
  return first;
}

/** From now on the connection knows better, and whoever signs in next stands elsewhere. */
export function forgetFirstCursor(): void {
  first = undefined;
  asking += 1;
}

const PREFIX = "lares.cursor.";

/** Storage may be forbidden (private windows, policies): then a reload starts from now, and loads afresh. */
export function readCursor(user: string): string | undefined {
  try {
    return sessionStorage.getItem(PREFIX + user) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keepCursor(user: string, cursor: string | undefined): void {
  try {
    if (cursor === undefined) sessionStorage.removeItem(PREFIX + user);
    else sessionStorage.setItem(PREFIX + user, cursor);
  } catch {
    // See above: nothing is lost but the way back after a reload.
  }
}
