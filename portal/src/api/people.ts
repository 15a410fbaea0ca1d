// Who belongs to an organisation, who is invited, and how that begins, changes and ends.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import type { Member } from "./lists";
import { newKey } from "./once";
import { allPages } from "./pages";

export type Role = Schemas["Role"];
export type Invitation = Schemas["InvitationView"];
export type IssuedInvitation = Schemas["OfferedView"];
export type InvitationLook = Schemas["LookedView"];

const PAGE = 200;

export const invitationsQuery = (organisation: string) =>
  queryOptions({
    queryKey: keys.invitations(organisation),
    queryFn: ({ signal }): Promise<Invitation[]> =>
      allPages((cursor) =>
        answer(api.GET("/api/organisations/{id}/invitations", { params: { path: { id: organisation }, query: { limit: PAGE, ...(cursor && { cursor }) } }, signal })),
      ),
  });

export function useInvite(organisation: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["NewInvitationBody"]): Promise<IssuedInvitation> =>
      answer(api.POST("/api/organisations/{id}/invitations", { body, params: { path: { id: organisation }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.invitations(organisation) }),
  });
}

export function useRevokeInvitation(organisation: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/invitations/{id}", { params: { path: { id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.invitations(organisation) }),
  });
}

export function lookAtInvitation(token: string): Promise<InvitationLook> {
  return answer(api.POST("/api/invitations/look", { body: { token } }));
}

/** One more organisation, or one less: everything that lists what one may see begins afresh. */
function useAfterBelonging() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries();
}

export function useAcceptInvitation() {
  const done = useAfterBelonging();
  return useMutation({ mutationFn: (token: string) => answer(api.POST("/api/invitations/accept", { body: { token } })), onSuccess: done });
}

function useAfterMember(organisation: string) {
  const cache = useQueryClient();
  return () => Promise.all([cache.invalidateQueries({ queryKey: keys.members(organisation) }), cache.invalidateQueries({ queryKey: keys.profile })]);
}

export function useChangeMember(organisation: string) {
  const done = useAfterMember(organisation);
  return useMutation({
    mutationFn: ({ member, body }: { member: string; body: Schemas["MemberChangeBody"] }): Promise<Member> =>
      answer(api.PATCH("/api/organisations/{id}/members/{member}", { body, params: { path: { id: organisation, member } } })),
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
  return useMutation({ mutationFn: () => answer(api.POST("/api/organisations/{id}/leave", { params: { path: { id: organisation } } })), onSuccess: done });
}

/** The other becomes owner; whoever hands over stays as administrator. */
export function useTransfer(organisation: string) {
  const done = useAfterMember(organisation);
  return useMutation({
    mutationFn: (member: string) => answer(api.POST("/api/organisations/{id}/transfer", { body: { member }, params: { path: { id: organisation } } })),
    onSuccess: done,
  });
}
