// Bytes survive the way to the wire and back, and options become what the browser takes.
import { describe, expect, it } from "vitest";
import { bytesOf, creationOptions, newCredential, provedCredential, requestOptions, textOf } from "./encoding";

const buffer = (...bytes: number[]) => new Uint8Array(bytes).buffer;

describe("base64url", () => {
  it.each([[""], ["AA"], ["_-8"], ["-_-_"], ["AQIDBA"]])("reads and writes %s", (text) => {
    expect(textOf(bytesOf(text).buffer)).toBe(text);
  });
  it("takes every byte, and writes no padding and nothing that a URL would change", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(textOf(all.buffer)).toMatch(/^[A-Za-z0-9_-]+$/);
    expect([...bytesOf(textOf(all.buffer))]).toEqual([...all]);
  });
});

describe("options", () => {
  const wire = {
    challenge: "AQI",
    rp: { id: "localhost", name: "Lares" },
    user: { id: "_w", name: "a@b.c", displayName: "A" },
    excludeCredentials: [{ id: "BwgJ", type: "public-key", transports: ["internal"] }],
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  };
  it("of a new passkey are given bytes, bare or in publicKey", () => {
    for (const options of [wire, { publicKey: wire }]) {
      const made = creationOptions(options);
      expect([...(made.challenge as Uint8Array)]).toEqual([1, 2]);
      expect([...(made.user.id as Uint8Array)]).toEqual([255]);
      expect(made.user.displayName).toBe("A");
      const [known] = made.excludeCredentials ?? [];
      expect(new Uint8Array(known?.id as ArrayBuffer)).toEqual(new Uint8Array([7, 8, 9]));
      expect(known?.transports).toEqual(["internal"]);
      expect(made.authenticatorSelection?.userVerification).toBe("required");
    }
  });
  it("of a sign-in may name no passkey: any of this site will do", () => {
    const made = requestOptions({ publicKey: { challenge: "AQI", rpId: "localhost", userVerification: "required" } });
    expect([...(made.challenge as Uint8Array)]).toEqual([1, 2]);
    expect(made.allowCredentials).toBeUndefined();
    expect(made.rpId).toBe("localhost");
  });
  it("without a user make no passkey", () => {
    expect(() => creationOptions({ challenge: "AQI" })).toThrow(TypeError);
  });
});

describe("credentials", () => {
  const frame = { id: "AQ", rawId: buffer(1), type: "public-key", getClientExtensionResults: () => ({ credProps: { rk: true } }) };
  it("are written as the server reads a new one", () => {
    const response = { clientDataJSON: buffer(1, 2), attestationObject: buffer(3), getTransports: () => ["internal", "hybrid"] };
    expect(newCredential({ ...frame, response } as unknown as PublicKeyCredential)).toEqual({
      id: "AQ",
      rawId: "AQ",
      type: "public-key",
      clientExtensionResults: { credProps: { rk: true } },
      response: { clientDataJSON: "AQI", attestationObject: "Aw", transports: ["internal", "hybrid"] },
    });
  });
  it("are written as the server reads a proof, with or without the user's handle", () => {
    const response = { clientDataJSON: buffer(1), authenticatorData: buffer(2), signature: buffer(3), userHandle: null as ArrayBuffer | null };
    const proved = (userHandle: ArrayBuffer | null) => provedCredential({ ...frame, response: { ...response, userHandle } } as unknown as PublicKeyCredential).response;
    expect(proved(null)).toEqual({ clientDataJSON: "AQ", authenticatorData: "Ag", signature: "Aw" });
    expect(proved(buffer(4))).toMatchObject({ userHandle: "BA" });
  });
});
