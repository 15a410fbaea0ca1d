// Which organisation one is looking at: `org` in the URL, which stays while one walks about.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useProfile } from "../api/session";

export interface Scope {
  /** Undefined: all of them. */
  organisation: string | undefined;
  organisations: { id: string; name: string }[];
}

export function useScope(): Scope {
  const { memberships } = useProfile();
  const { org } = useSearch({ from: "/_app" });
  const organisations = memberships.map((one) => ({ id: one.organisation, name: one.organisation_name }));
  const known = organisations.some(({ id }) => id === org);
  return { organisation: known ? org : undefined, organisations };
}

/** Chooses it on the page that one is on: as shareable as the page itself. */
export function useChooseOrganisation(): (id: string) => void {
  const navigate = useNavigate();
  return (org) => void navigate({ to: ".", search: (before) => ({ ...before, org }), replace: true });
}

/** Whether one may change things in this organisation; the server decides in any case. */
export function useMayManage(organisation: string | undefined): boolean {
  const { memberships } = useProfile();
  return memberships.some((one) => (organisation === undefined || one.organisation === organisation) && (one.role === "owner" || one.role === "admin"));
}
