// The one way the portal talks to the server: a client typed by the generated schema, with the bearer token added.
import createClient, { type Client, type Middleware } from "openapi-fetch";

import type { paths } from "./schema";

/** `token` is asked before every request, so that signing in or out needs no new client. */
export function createLaresClient(baseUrl: string, token: () => string | undefined): Client<paths> {
  const bearer: Middleware = {
    onRequest({ request }) {
      const current = token();
      if (current !== undefined) request.headers.set("authorization", `Bearer ${current}`);
      return request;
    },
  };
  const client = createClient<paths>({ baseUrl });
  client.use(bearer);
  return client;
}
