// What a program may be allowed to do, in the order in which people weigh it; their words are in the catalogue `oauth.scopes`.

export const SCOPES = [
  "openid",
  "profile",
  "email",
  "homes:read",
  "devices:control",
  "doors:unlock",
  "homes:manage",
  "account:manage",
  "offline_access",
  "device",
] as const;

export type Scope = (typeof SCOPES)[number];

/** What somebody's own program can be given; the others belong to signing in and to devices. */
export const TOKEN_SCOPES = ["homes:read", "devices:control", "doors:unlock", "homes:manage", "account:manage"] as const satisfies readonly Scope[];

/** What one should think about twice. */
const GRAVE: readonly Scope[] = ["doors:unlock", "homes:manage", "account:manage"];

export function isScope(name: string): name is Scope {
  return SCOPES.some((scope) => scope === name);
}

export function isGrave(name: string): boolean {
  return GRAVE.some((scope) => scope === name);
}

/** In our order, each once; names that this portal has no words for come last, and are shown as they are. */
export function inOrder(names: readonly string[]): string[] {
  const known = SCOPES.filter((scope) => names.includes(scope));
  return [...known, ...new Set(names.filter((name) => !isScope(name)))];
}
