// Where this tab stands in the event log, so that a reload goes on from there. Per tab and per person.

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
