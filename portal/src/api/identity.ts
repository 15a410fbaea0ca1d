// What the identity routes answer with, as far as the portal uses it, and the client to ask them with. It stands in for
// the generated schema until that holds these routes.
import type { Instant } from "../format/instant";
import { api, type Schemas } from "./client";

type Role = Schemas["Role"];

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

interface Init {
  body?: unknown;
  params?: { path?: Record<string, string>; query?: Record<string, string | number | boolean>; header?: Record<string, string> };
  signal?: AbortSignal;
  parseAs?: "text";
}

type Ask = <T>(path: string, init?: Init) => Promise<Answer<T>>;

/** The same client, for paths that its types do not know. */
export const identity = api as unknown as Record<"GET" | "POST" | "PATCH" | "DELETE", Ask>;

export interface Notifications {
  security: boolean;
  alarms: boolean;
  invitations: boolean;
  product: boolean;
}

/** What the account's own pages know of a person, over what every page knows. */
export interface Account {
  email_verified_at?: Instant | null;
  language?: string | null;
  time_zone?: string | null;
  units?: "metric" | "imperial";
  notifications?: Notifications;
  has_password?: boolean;
  totp?: boolean;
  recovery_codes_left?: number;
  passkeys?: number;
}

export interface ProfileChange {
  name?: string;
  language?: string;
  time_zone?: string;
  units?: "metric" | "imperial";
  notifications?: Notifications;
}

export interface Registration {
  email: string;
  password: string;
  name?: string;
  language?: string;
  time_zone?: string;
  invitation?: string;
}

/** One sign-in that holds: a browser's, or an app's. */
export interface SignIn {
  id: string;
  kind: "browser" | "app";
  client_name?: string | null;
  user_agent?: string | null;
  peer?: string | null;
  amr?: string[];
  created_at: Instant;
  last_used_at?: Instant | null;
  current: boolean;
}

export interface LogEntry {
  id: string;
  time: Instant;
  kind: string;
  detail?: Record<string, unknown> | null;
  user_agent?: string | null;
  peer?: string | null;
}

export interface Passkey {
  id: string;
  name: string;
  created_at: Instant;
  last_used_at?: Instant | null;
  synced?: boolean;
}

/** Options of WebAuthn as JSON, with the ticket that answers them. */
export interface Challenge {
  challenge: string;
  options: Record<string, unknown>;
}

export interface TotpSecret {
  secret: string;
  otpauth_url: string;
}

export interface AccountOptions {
  registration: "open" | "invitation";
  /** Whether this server can send mails at all. */
  mail: boolean;
}

export interface Provider {
  key: string;
  name: string;
}

/** Another provider's account that one signs in with. */
export interface LinkedIdentity {
  id: string;
  provider: string;
  provider_name?: string | null;
  email?: string | null;
  created_at: Instant;
  last_used_at?: Instant | null;
}

export interface ApiToken {
  id: string;
  name: string;
  kind: string;
  current: boolean;
  created_at: Instant;
  expires_at?: Instant | null;
  last_used_at?: Instant | null;
  scopes?: string[];
}

export interface IssuedToken {
  id: string;
  token: string;
  expires_at?: Instant | null;
}

export interface ClientOfRequest {
  id: string;
  name: string;
  uri?: string | null;
  first_party: boolean;
}

export interface AuthorizationRequest {
  client: ClientOfRequest;
  scopes: { name: string }[];
  redirect_host: string;
  /** There is nothing to ask: the person allowed it before. */
  redirect_to?: string | null;
}

export interface DeviceRequest {
  client: ClientOfRequest;
  scopes: { name: string }[];
  from?: string | null;
}

export interface ConnectedApp {
  client_id: string;
  name: string;
  uri?: string | null;
  scopes: string[];
  created_at: Instant;
  last_used_at?: Instant | null;
}

export interface OAuthClient {
  id: string;
  organisation: string;
  name: string;
  application_type: "web" | "native";
  redirect_uris: string[];
  grant_types: string[];
  scopes: string[];
  token_endpoint_auth_method: string;
  role?: Role | null;
  disabled: boolean;
  /** It registered itself. */
  dynamic: boolean;
  previous_secret_until?: Instant | null;
  created_at: Instant;
}

export interface Mail {
  id: string;
  to: string;
  subject: string;
  sent_at: Instant;
  text: string;
  html?: string | null;
}
