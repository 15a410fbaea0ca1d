// Kinds of programs as people think of them, and what each is in the words of OAuth.
import type { Schemas } from "../api/client";

export const KINDS = ["server", "browser", "phone", "screenless", "service"] as const;
export type Kind = (typeof KINDS)[number];

export type Registered = Pick<Schemas["OAuthClientView"], "application_type" | "grant_types" | "token_endpoint_auth_method">;

const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";
const BY_PEOPLE: Registered["grant_types"] = ["authorization_code", "refresh_token"];

const REGISTERED: Record<Kind, Registered> = {
  server: { application_type: "web", grant_types: BY_PEOPLE, token_endpoint_auth_method: "client_secret_basic" },
  browser: { application_type: "web", grant_types: BY_PEOPLE, token_endpoint_auth_method: "none" },
  phone: { application_type: "native", grant_types: BY_PEOPLE, token_endpoint_auth_method: "none" },
  screenless: { application_type: "native", grant_types: [DEVICE_CODE, "refresh_token"], token_endpoint_auth_method: "none" },
  service: { application_type: "web", grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_basic" },
};

export function registrationOf(kind: Kind): Registered {
  return REGISTERED[kind];
}

/** The nearest kind of one that somebody registered otherwise. */
export function kindOf({ application_type, grant_types, token_endpoint_auth_method: method }: Registered): Kind {
  if (grant_types.includes("client_credentials")) return "service";
  if (grant_types.includes(DEVICE_CODE) && !grant_types.includes("authorization_code")) return "screenless";
  if (application_type === "native") return "phone";
  return method === "none" ? "browser" : "server";
}

export function leadsBack(kind: Kind): boolean {
  return registrationOf(kind).grant_types.includes("authorization_code");
}

export function hasSecret(method: string): boolean {
  return method.startsWith("client_secret_");
}
