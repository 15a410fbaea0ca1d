// Programs of others: what they ask a person for, which of them are connected, and those that an organisation registered.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import { newKey } from "./once";
import { allPages } from "./pages";

export type AskingClient = Schemas["AskingClientView"];
export type AuthorizationRequest = Schemas["AuthorizationRequestView"];
export type DeviceRequest = Schemas["DeviceRequestView"];
export type ConnectedApp = Schemas["ConnectedAppView"];
export type OAuthClient = Schemas["OAuthClientView"];
export type IssuedOAuthClient = Schemas["IssuedOAuthClientView"];

const PAGE = 200;

/** What an app asks for; the ticket stands for its request. */
export function lookAtRequest(request: string): Promise<AuthorizationRequest> {
  return answer(api.POST("/api/oauth/request", { body: { request } }));
}

export function decideRequest(body: Schemas["DecisionBody"]): Promise<{ redirect_to: string }> {
  return answer(api.POST("/api/oauth/request/decision", { body }));
}

export function lookAtDevice(user_code: string): Promise<DeviceRequest> {
  return answer(api.POST("/api/oauth/device", { body: { user_code } }));
}

export function decideDevice(body: { user_code: string; allow: boolean }) {
  return answer(api.POST("/api/oauth/device/decision", { body }));
}

export const connectedAppsQuery = queryOptions({
  queryKey: keys.account("apps"),
  queryFn: ({ signal }): Promise<ConnectedApp[]> => answer(api.GET("/api/auth/connected-apps", { signal })),
});

export function useDisconnectApp() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/auth/connected-apps/{id}", { params: { path: { id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.account("apps") }),
  });
}

export const oauthClientsQuery = (organisation: string) =>
  queryOptions({
    queryKey: keys.oauthClients(organisation),
    queryFn: ({ signal }): Promise<OAuthClient[]> =>
      allPages((cursor) =>
        answer(api.GET("/api/organisations/{id}/oauth-clients", { params: { path: { id: organisation }, query: { limit: PAGE, ...(cursor && { cursor }) } }, signal })),
      ),
  });

function useAfterClient(organisation: string) {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.oauthClients(organisation) });
}

/** The secret is only in the answer that made it; public clients have none. */
export function useCreateOAuthClient(organisation: string) {
  const done = useAfterClient(organisation);
  return useMutation({
    mutationFn: (body: Schemas["NewOAuthClientBody"]): Promise<IssuedOAuthClient> =>
      answer(api.POST("/api/organisations/{id}/oauth-clients", { body, params: { path: { id: organisation }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

export function useChangeOAuthClient(organisation: string) {
  const done = useAfterClient(organisation);
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Schemas["OAuthClientChangeBody"] }): Promise<OAuthClient> =>
      answer(api.PATCH("/api/oauth-clients/{id}", { body, params: { path: { id } } })),
    onSuccess: done,
  });
}

export function useRotateClientSecret(organisation: string) {
  const done = useAfterClient(organisation);
  return useMutation({
    mutationFn: ({ id, overlap_s }: { id: string; overlap_s: number }): Promise<IssuedOAuthClient> =>
      answer(api.POST("/api/oauth-clients/{id}/secret", { body: { overlap_s }, params: { path: { id }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

export function useDeleteOAuthClient(organisation: string) {
  const done = useAfterClient(organisation);
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/oauth-clients/{id}", { params: { path: { id } } })),
    onSuccess: done,
  });
}

/** With it a program may register itself as a client of the organisation. */
export function useNewRegistrationToken(organisation: string) {
  return useMutation({
    mutationFn: (): Promise<Schemas["RegistrationTokenView"]> =>
      answer(
        api.POST("/api/organisations/{id}/oauth-registration-tokens", { params: { path: { id: organisation } } }),
      ),
  });
}
