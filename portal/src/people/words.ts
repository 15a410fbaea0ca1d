// Roles in words, and which of them somebody may give.
import type { Role } from "../api/people";

export const ROLES = ["owner", "admin", "member", "viewer"] as const satisfies readonly Role[];

/** Owners come by transfer and by other owners alone; whoever does not manage gives nothing. */
export function givableBy(role: Role | undefined): readonly Role[] {
  if (role === "owner") return ROLES;
  return role === "admin" ? ROLES.filter((one) => one !== "owner") : [];
}

/** The first instant after the day that a date field holds: "until" means with that day. */
export function endOfDay(day: string): string | undefined {
  const at = new Date(`${day}T00:00:00`);
  if (day === "" || Number.isNaN(at.getTime())) return undefined;
  at.setDate(at.getDate() + 1);
  return at.toISOString();
}
