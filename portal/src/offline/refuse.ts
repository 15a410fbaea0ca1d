// Without a network nothing is changed: a request that would change something is refused before it leaves, so that
// it is certain that it was not carried out.
import type { Middleware } from "openapi-fetch";

/** Never sent: there is no network. */
export class NotSent extends Error {
  override readonly name = "NotSent";
}

const READING = new Set(["GET", "HEAD", "OPTIONS"]);

export const refuseOffline: Middleware = {
  onRequest({ request }) {
    if (!READING.has(request.method) && !navigator.onLine) throw new NotSent("no network");
    return undefined;
  },
};
