// WebAuthn as JSON: bytes are base64url text on the wire and buffers in the browser (WebAuthn Level 3, section 5.1).
// Written out here, because browsers that can do passkeys are older than those that can do this.

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
}

export function textOf(buffer: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

interface WireDescriptor {
  id: string;
  type: string;
  transports?: string[];
}

interface WireOptions {
  challenge: string;
  user?: { id: string };
  excludeCredentials?: WireDescriptor[];
  allowCredentials?: WireDescriptor[];
}

const descriptor = ({ id, ...rest }: WireDescriptor) => ({ ...rest, id: bytesOf(id) }) as PublicKeyCredentialDescriptor;

/** Servers put the options into `publicKey`, as the browser takes them, or give them bare. */
function bare(options: Record<string, unknown>): WireOptions {
  return (options["publicKey"] ?? options) as unknown as WireOptions;
}

export function creationOptions(options: Record<string, unknown>): PublicKeyCredentialCreationOptions {
  const { challenge, user, excludeCredentials, ...rest } = bare(options);
  if (user === undefined) throw new TypeError("the options of a new passkey name no user");
  return {
    ...rest,
    challenge: bytesOf(challenge),
    user: { ...user, id: bytesOf(user.id) },
    ...(excludeCredentials && { excludeCredentials: excludeCredentials.map(descriptor) }),
  } as unknown as PublicKeyCredentialCreationOptions;
}

export function requestOptions(options: Record<string, unknown>): PublicKeyCredentialRequestOptions {
  const { challenge, allowCredentials, ...rest } = bare(options);
  return {
    ...rest,
    challenge: bytesOf(challenge),
    ...(allowCredentials && { allowCredentials: allowCredentials.map(descriptor) }),
  } as unknown as PublicKeyCredentialRequestOptions;
}

/** What the browser gave, made fit for the wire. */
export interface WireCredential {
  id: string;
  rawId: string;
  type: string;
  response: Record<string, string | string[]>;
  clientExtensionResults: AuthenticationExtensionsClientOutputs;
}

function frameOf(credential: PublicKeyCredential) {
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

export function newCredential(credential: PublicKeyCredential): WireCredential {
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    ...frameOf(credential),
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      attestationObject: textOf(response.attestationObject),
      transports: response.getTransports(),
    },
  };
}

export function provedCredential(credential: PublicKeyCredential): WireCredential {
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    ...frameOf(credential),
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature),
      ...(response.userHandle !== null && { userHandle: textOf(response.userHandle) }),
    },
  };
}
