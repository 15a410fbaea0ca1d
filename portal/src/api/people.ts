// Who belongs to an organisation, who is invited, and how that begins, changes and ends.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { identity, type Invitation, type InvitationLook, type IssuedInvitation } from "./identity";
import { keys } from "./keys";
import type { Member } from "./lists";
import { newKey } from "./once";

export type Role = Schemas["Role"];

export const invitationsQuery = (organisation: string) =>
  queryOptions({
    queryKey: keys.invitations(organisation),
    queryFn: async ({ signal }): Promise<Invitation[]> => {
      const found = await answer(identity.GET<Invitation[] | { items: Invitation[] }>("/api/organisations/{id}/invitations", { params: { path: { id: organisation } }, signal }));
      return Array.isArray(found) ? found : found.items;
    },
  });

export interface NewInvitation {
  role: Role;
  email?: string;
  valid_until?: string;
  expires_at?: string;
}

export function useInvite(organisation: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewInvitation): Promise<IssuedInvitation> =>
      answer(identity.POST("/api/organisations/{id}/invitations", { body, params: { path: { id: organisation }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.invitations(organisation) }),
  });
}

export function useRevokeInvitation(organisation: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string): Promise<void> => answer(identity.DELETE("/api/invitations/{id}", { params: { path: { id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.invitations(organisation) }),
  });
}

export function lookAtInvitation(token: string): Promise<InvitationLook> {
  return answer(identity.POST("/api/invitations/look", { body: { token } }));
}

/** One more organisation: everything that lists what one may see begins afresh. */
function useAfterBelonging() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries();
}

export function useAcceptInvitation() {
  const done = useAfterBelonging();
  return useMutation({
    mutationFn: (token: string): Promise<unknown> => answer(identity.POST("/api/invitations/accept", { body: { token } })),
    onSuccess: done,
  });
}

function useAfterMember(organisation: string) {
  const cache = useQueryClient();
  return () => Promise.all([cache.invalidateQueries({ queryKey: keys.members(organisation) }), cache.invalidateQueries({ queryKey: keys.profile })]);
}

export interface MemberChange {
  role?: Role;
  valid_until?: string | null;
}

export function useChangeMember(organisation: string) {
  const done = useAfterMember(organisation);
  return useMutation({
    mutationFn: ({ member, body }: { member: string; body: MemberChange }): Promise<Member> =>
      answer(identity.PATCH("/api/organisations/{id}/members/{member}", { body, params: { path: { id: organisation, member } } })),
    onSuccess: done,
  });
}

export function useRemoveMember(organisation: string) {
  const done = useAfterMember(organisation);
  return useMutation({
    mutationFn: (member: string) => answer(api.DELETE("/api/organisations/{id}/members/{member}", { params: { path: { id: organisation, member } } })),
    onSuccess: done,
  });
}

export function useLeave(organisation: string) {
  const done = useAfterBelonging();
  return useMutation({
    mutationFn: (): Promise<void> => answer(identity.POST("/api/organisations/{id}/leave", { params: { path: { id: organisation } } })),
    onSuccess: done,
  });
}

/** The other becomes owner; whoever hands over stays as administrator. */
export function useTransfer(organisation: string) {
  const done = useAfterMember(organisation);
  return useMutation({
    mutationFn: (member: string): Promise<void> => answer(identity.POST("/api/organisations/{id}/transfer", { body: { member }, params: { path: { id: organisation } } })),
    onSuccess: done,
  });
}
