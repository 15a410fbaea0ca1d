// Programs of others: what they ask a person for, which of them are connected, and those that an organisation registered.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Registered } from "../oauth/kinds";
import { answer } from "./client";
import { type AuthorizationRequest, type ConnectedApp, type DeviceRequest, identity, type OAuthClient } from "./identity";
import { keys } from "./keys";
import { newKey } from "./once";
import type { Role } from "./people";

/** What an app asks for; the ticket stands for its request. */
export function lookAtRequest(request: string): Promise<AuthorizationRequest> {
  return answer(identity.POST("/api/oauth/request", { body: { request } }));
}

export function decideRequest(body: { request: string; allow: boolean; scopes?: string[] }): Promise<{ redirect_to: string }> {
  return answer(identity.POST("/api/oauth/request/decision", { body }));
}

export function lookAtDevice(user_code: string): Promise<DeviceRequest> {
  return answer(identity.POST("/api/oauth/device", { body: { user_code } }));
}

export function decideDevice(body: { user_code: string; allow: boolean }): Promise<void> {
  return answer(identity.POST("/api/oauth/device/decision", { body }));
}

export const connectedAppsQuery = queryOptions({
  queryKey: keys.account("apps"),
  queryFn: async ({ signal }): Promise<ConnectedApp[]> => {
    const found = await answer(identity.GET<ConnectedApp[] | { items: ConnectedApp[] }>("/api/auth/connected-apps", { signal }));
    return Array.isArray(found) ? found : found.items;
  },
});

export function useDisconnectApp() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (client_id: string): Promise<void> => answer(identity.DELETE("/api/auth/connected-apps/{client_id}", { params: { path: { client_id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.account("apps") }),
  });
}

export const oauthClientsQuery = (organisation: string) =>
  queryOptions({
    queryKey: keys.oauthClients(organisation),
    queryFn: async ({ signal }): Promise<OAuthClient[]> => {
      const path = { id: organisation };
      const found = await answer(identity.GET<OAuthClient[] | { items: OAuthClient[] }>("/api/organisations/{id}/oauth-clients", { params: { path }, signal }));
      return Array.isArray(found) ? found : found.items;
    },
  });

function useAfterClient(organisation: string) {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.oauthClients(organisation) });
}

export interface NewOAuthClient extends Registered {
  name: string;
  redirect_uris: string[];
  scopes: string[];
  role?: Role;
}

/** The secret is only in the answer that made it; public clients have none. */
export interface IssuedOAuthClient extends OAuthClient {
  client_secret?: string | null;
}

export function useCreateOAuthClient(organisation: string) {
  const done = useAfterClient(organisation);
  return useMutation({
    mutationFn: (body: NewOAuthClient): Promise<IssuedOAuthClient> =>
      answer(identity.POST("/api/organisations/{id}/oauth-clients", { body, params: { path: { id: organisation }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

export function useChangeOAuthClient(organisation: string) {
  const done = useAfterClient(organisation);
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: { name?: string; redirect_uris?: string[]; scopes?: string[]; disabled?: boolean } }): Promise<OAuthClient> =>
      answer(identity.PATCH("/api/oauth-clients/{id}", { body, params: { path: { id } } })),
    onSuccess: done,
  });
}

export function useRotateClientSecret(organisation: string) {
  const done = useAfterClient(organisation);
  return useMutation({
    mutationFn: ({ id, overlap_s }: { id: string; overlap_s: number }): Promise<{ client_secret: string }> =>
      answer(identity.POST("/api/oauth-clients/{id}/secret", { body: { overlap_s }, params: { path: { id }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

export function useDeleteOAuthClient(organisation: string) {
  const done = useAfterClient(organisation);
  return useMutation({
    mutationFn: (id: string): Promise<void> => answer(identity.DELETE("/api/oauth-clients/{id}", { params: { path: { id } } })),
    onSuccess: done,
  });
}

/** With it a program may register itself as a client of the organisation. */
export function useNewRegistrationToken(organisation: string) {
  return useMutation({
    mutationFn: (): Promise<{ token: string; expires_at?: string | null }> =>
      answer(
        identity.POST("/api/organisations/{id}/oauth-registration-tokens", { body: {}, params: { path: { id: organisation }, header: { "Idempotency-Key": newKey() } } }),
      ),
  });
}
