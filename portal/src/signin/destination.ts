// Where to go after signing in: back to where one wanted to go, but never to another site.
export function destination(to: string | undefined): string {
  if (to === undefined || !to.startsWith("/") || to.startsWith("//") || to.startsWith("/\\")) return "/";
  return /^\/sign(?:in|up)(?![\w-])/.test(to) ? "/" : to;
}
