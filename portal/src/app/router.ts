// The router, made once with the query cache in its context.
import { createRouter } from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { RouteError } from "./RouteError";
import { NotFoundPage } from "./NotFoundPage";
import { routeTree } from "./routes";

export function createAppRouter(cache: QueryClient) {
  return createRouter({
    routeTree,
    context: { cache },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
