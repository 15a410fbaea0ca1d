// What the generated schema does not hold, and a client to ask for it: the demo's mails, which are no part of the API,
// registering, and other issuers that one may sign in with.
import type { Instant } from "../format/instant";
import { api } from "./client";

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

interface Init {
  body?: unknown;
  params?: { path?: Record<string, string>; query?: Record<string, string | number | boolean> };
  signal?: AbortSignal;
}

type Ask = <T>(path: string, init?: Init) => Promise<Answer<T>>;

/** The same client, for paths that its types do not know. */
export const identity = api as unknown as Record<"GET" | "POST" | "DELETE", Ask>;

/** What the profile says of how one signs in. */
export interface Factors {
  totp?: boolean;
  recovery_codes_left?: number;
  passkeys?: number;
}

export interface Provider {
  key: string;
  name: string;
}

/** Another provider's account that one signs in with. */
export interface LinkedIdentity {
  id: string;
  provider: string;
  name?: string | null;
  email?: string | null;
  created_at: Instant;
  last_used_at?: Instant | null;
}

export interface Mail {
  id: string;
  to: string;
  subject: string;
  sent_at: Instant;
  text: string;
  html?: string | null;
}
