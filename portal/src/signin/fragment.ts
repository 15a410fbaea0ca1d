// Secrets of links come behind the #, which browsers tell no server. An invitation waits in this tab alone for somebody
// who has to sign in first.

export function tokenOf(hash: string): string | undefined {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  return token === null || token === "" ? undefined : token;
}

const INVITATION = "lares.invitation";

/** Storage may be forbidden; the invitation's link then has to be opened again after signing in. */
export function keepInvitation(token: string): void {
  try {
    sessionStorage.setItem(INVITATION, token);
  } catch {
    // See above.
  }
}

export function keptInvitation(): string | undefined {
  try {
    return sessionStorage.getItem(INVITATION) ?? undefined;
  } catch {
    return undefined;
  }
}

export function dropInvitation(): void {
  try {
    sessionStorage.removeItem(INVITATION);
  } catch {
    // Then there is none.
  }
}
