// How a person can prove who they are: pure, from what their account and this browser have.
import type { Profile } from "../api/session";

export type Way = "passkey" | "password";

export interface Ways {
  /** Best first; empty where neither is there, and only signing in anew helps. */
  ways: readonly Way[];
  /** With the password comes a code. A code alone proves nothing. */
  code: boolean;
}

/** A profile of before the account's first change says less; then the password is asked for, which most have. */
export function waysOf(account: Partial<Pick<Profile, "has_password" | "totp" | "passkeys">> | undefined, browserHasPasskeys: boolean): Ways {
  const password = account?.has_password !== false;
  const passkey = browserHasPasskeys && (account?.passkeys ?? 0) > 0;
  return {
    ways: [...(passkey ? (["passkey"] as const) : []), ...(password ? (["password"] as const) : [])],
    code: password && account?.totp === true,
  };
}
