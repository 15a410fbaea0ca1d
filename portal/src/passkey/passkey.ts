// Passkeys of this browser: made, asked for with a press, or offered by the browser where an e-mail address is typed.
import type { Schemas } from "../api/client";
import { creationOptions, newCredential, provedCredential, requestOptions, type WireCredential } from "./encoding";

/** Options as JSON, with the ticket that answers them. */
type Challenge = Pick<Schemas["PasskeyChallengeView"], "options">;

/** The person closed the browser's question, or it timed out: nothing went wrong. */
export class PasskeyDeclined extends Error {
  override readonly name = "PasskeyDeclined";
}

/** The device holds a passkey of this account already. */
export class PasskeyKnown extends Error {
  override readonly name = "PasskeyKnown";
}

/** The browser cannot do it for this page. */
export class PasskeyImpossible extends Error {
  override readonly name = "PasskeyImpossible";
}

/** Browsers give passkeys to pages over TLS alone, and to those of the own machine. */
export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential === "function" && isSecureContext;
}

export async function offersPasskeys(): Promise<boolean> {
  if (!hasPasskeys()) return false;
  try {
    return (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
  } catch {
    return false;
  }
}

function asOurs(cause: unknown): unknown {
  if (!(cause instanceof DOMException)) return cause;
  switch (cause.name) {
    case "NotAllowedError":
    case "AbortError":
      return new PasskeyDeclined(cause.message, { cause });
    case "InvalidStateError":
      return new PasskeyKnown(cause.message, { cause });
    default:
      return new PasskeyImpossible(cause.message, { cause });
  }
}

async function credentialOf(asked: Promise<Credential | null>): Promise<PublicKeyCredential> {
  let credential: Credential | null;
  try {
    credential = await asked;
  } catch (cause) {
    throw asOurs(cause);
  }
  if (credential === null) throw new PasskeyDeclined("no passkey was chosen");
  return credential as PublicKeyCredential;
}

export async function makePasskey({ options }: Challenge): Promise<WireCredential> {
  return newCredential(await credentialOf(navigator.credentials.create({ publicKey: creationOptions(options) })));
}

/** `offered`: the browser shows it among its suggestions and waits, until the signal calls it off. */
export async function provePasskey({ options }: Challenge, offered?: AbortSignal): Promise<WireCredential> {
  const publicKey = requestOptions(options);
  const asked = navigator.credentials.get({ publicKey, ...(offered && { mediation: "conditional" as const, signal: offered }) });
  return provedCredential(await credentialOf(asked));
}
