// Keys that make a request count once, however often it is sent.

/** `crypto.randomUUID` is missing on plain HTTP away from localhost, which is how a new installation is first opened. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
