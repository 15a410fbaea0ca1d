// What one proves with who one is: passkeys, the codes of an authenticator app, recovery codes, and other providers.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { WireCredential } from "../passkey/encoding";
import { makePasskey, provePasskey } from "../passkey/passkey";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import type { Profile } from "./session";

export type Passkey = Schemas["PasskeyView"];
export type TotpSecret = Schemas["NewGeneratorView"];
export type Provider = Schemas["ProviderView"];
/** Another provider's account that one signs in with. */
export type LinkedIdentity = Schemas["IdentityView"];

export type PasskeyProof = Schemas["PasskeyAnswerBody"];

/** The schema knows of a credential only that it is an object. */
const asWritten = (credential: WireCredential) => credential as unknown as PasskeyProof["credential"];

/** Asks the browser for a passkey of this site; with a signal it only offers them. */
export async function provedByPasskey(offered?: AbortSignal): Promise<PasskeyProof> {
  const asked = await answer(api.POST("/api/auth/passkeys/challenge"));
  return { challenge: asked.challenge, credential: asWritten(await provePasskey(asked, offered)) };
}

/** With the passkey that the person chose among the browser's offers, or else with one that is asked for now. */
export async function signInByPasskey(chosen?: PasskeyProof): Promise<Profile> {
  const proof = chosen ?? (await provedByPasskey());
  return answer(api.POST("/api/auth/passkeys/session", { body: proof }));
}

export async function stepUpByPasskey(): Promise<unknown> {
  return answer(api.POST("/api/auth/step-up", { body: { passkey: await provedByPasskey() } }));
}

export function stepUp(body: { password?: string; code?: string }): Promise<unknown> {
  return answer(api.POST("/api/auth/step-up", { body }));
}

export const passkeysQuery = queryOptions({
  queryKey: keys.account("passkeys"),
  queryFn: ({ signal }): Promise<Passkey[]> => answer(api.GET("/api/auth/passkeys", { signal })),
});

/** What concerns factors also changes what the profile says of them. */
function useAfterFactor() {
  const cache = useQueryClient();
  return () => Promise.all([cache.invalidateQueries({ queryKey: ["account"] }), cache.invalidateQueries({ queryKey: keys.profile })]);
}

export function useAddPasskey() {
  const done = useAfterFactor();
  return useMutation({
    mutationFn: async (name: string): Promise<Passkey> => {
      const asked = await answer(api.POST("/api/auth/passkeys/registration"));
      const credential = asWritten(await makePasskey(asked));
      return answer(api.POST("/api/auth/passkeys", { body: { challenge: asked.challenge, name, credential } }));
    },
    onSuccess: done,
  });
}

export function useRenamePasskey() {
  const done = useAfterFactor();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      answer(api.PATCH("/api/auth/passkeys/{id}", { body: { name }, params: { path: { id } } })),
    onSuccess: done,
  });
}

export function useRemovePasskey() {
  const done = useAfterFactor();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/auth/passkeys/{id}", { params: { path: { id } } })),
    onSuccess: done,
  });
}

/** A new secret; it counts once a code of it is confirmed. */
export function useNewTotp() {
  return useMutation({ mutationFn: (): Promise<TotpSecret> => answer(api.POST("/api/auth/totp")) });
}

export function useConfirmTotp() {
  const done = useAfterFactor();
  return useMutation({
    mutationFn: (code: string): Promise<Schemas["RecoveryCodesView"]> => answer(api.POST("/api/auth/totp/confirm", { body: { code } })),
    onSuccess: done,
  });
}

export function useRemoveTotp() {
  const done = useAfterFactor();
  return useMutation({ mutationFn: () => answer(api.DELETE("/api/auth/totp")), onSuccess: done });
}

export function useNewRecoveryCodes() {
  const done = useAfterFactor();
  return useMutation({ mutationFn: (): Promise<Schemas["RecoveryCodesView"]> => answer(api.POST("/api/auth/recovery-codes")), onSuccess: done });
}

/** Other issuers one can sign in with here; most servers have none. */
export const providersQuery = queryOptions({
  queryKey: keys.account("providers"),
  queryFn: ({ signal }): Promise<Provider[]> => answer(api.GET("/api/auth/providers", { signal })),
  retry: false,
});

export function startProvider({ key, to }: { key: string; to?: string }): Promise<Schemas["ProviderRedirectView"]> {
  return answer(api.POST("/api/auth/providers/{key}/start", { body: to === undefined ? {} : { return_to: to }, params: { path: { key } } }));
}

export function linkProvider(ticket: string) {
  return answer(api.POST("/api/auth/providers/link", { body: { ticket } }));
}

export const linkedQuery = queryOptions({
  queryKey: keys.account("identities"),
  queryFn: ({ signal }): Promise<LinkedIdentity[]> => answer(api.GET("/api/auth/identities", { signal })),
});

export function useUnlink() {
  const done = useAfterFactor();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/auth/identities/{id}", { params: { path: { id } } })),
    onSuccess: done,
  });
}
