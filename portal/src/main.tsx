// Starts the portal: language first, then the page, then what keeps it usable offline.
import "./ui/font.css";
import "./ui/tokens.css";
import "./ui/base.css";
import { RouterProvider } from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { profileQuery } from "./api/session";
import { Providers } from "./app/Providers";
import { createQueryClient } from "./app/query";
import { createAppRouter } from "./app/router";
import { currentLanguage, loadMessages } from "./i18n/languages";
import { keepInstallOffer } from "./settings/install";
import { startOffline } from "./offline/start";

async function start(): Promise<void> {
  keepInstallOffer();
  const place = document.getElementById("root");
  if (place === null) throw new Error("index.html has no #root");
  const language = currentLanguage();
  const cache = createQueryClient();
  const router = createAppRouter(cache);
  // All that the first page needs is asked for at once: its code, the words, and who is signed in.
  for (const { routeId } of router.matchRoutes(router.latestLocation)) void router.loadRouteChunk(router.routesById[routeId as keyof typeof router.routesById]);
  const [messages] = await Promise.all([loadMessages(language), startOffline(cache).then(() => askWho(cache, router.latestLocation.pathname))]);
  createRoot(place).render(
    <StrictMode>
      <Providers cache={cache} language={language} messages={messages}>
        <RouterProvider router={router} />
      </Providers>
    </StrictMode>,
  );
}

/** The router waits for the answer; it need not wait for the words first. Signing in asks nobody. */
function askWho(cache: QueryClient, path: string): void {
  if (path !== "/signin" && path !== "/showcase") void cache.prefetchQuery(profileQuery);
}

void start();
