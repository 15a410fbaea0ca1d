// Starts the portal: language first, then the page, then what keeps it usable offline.
import "./ui/font.css";
import "./ui/tokens.css";
import "./ui/base.css";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { pause } from "./app/pause";
import { Providers } from "./app/Providers";
import { createQueryClient } from "./app/query";
import { createAppRouter } from "./app/router";
import { currentLanguage, loadMessages } from "./i18n/languages";
import { keepInstallOffer } from "./settings/install";
import { askFirstCursor } from "./live/cursor";
import { startOffline } from "./offline/start";

/** Pages that ask nobody who they are. */
const OPEN_TO_ALL = new Set([
  "/signin",
  "/signin/link",
  "/signup",
  "/verify-email",
  "/reset-password",
  "/change-email",
  "/invitation",
  "/mailbox",
  "/showcase",
]);

async function start(): Promise<void> {
  keepInstallOffer();
  const place = document.getElementById("root");
  if (place === null) throw new Error("index.html has no #root");
  const language = currentLanguage();
  // All that the first page needs is asked for at once: the words, where the events stand, its code, and who is signed
  // in. What goes wrong there is told by the page that the router then draws.
  const messages = loadMessages(language);
  const stand = OPEN_TO_ALL.has(location.pathname) ? undefined : askFirstCursor();
  await pause();
  const cache = createQueryClient();
  const kept = startOffline(cache);
  await pause();
  const router = createAppRouter(cache);
  for (const { routeId } of router.matchRoutes(router.latestLocation)) {
    await pause();
    void router.loadRouteChunk(router.routesById[routeId as keyof typeof router.routesById]);
  }
  await pause();
  // The first question about dates and times is dear in every browser, so it stands alone.
  const { timeZone } = new Intl.DateTimeFormat(language).resolvedOptions();
  const ready = kept.then(pause).then(() => router.load()).catch(() => undefined);
  const [words] = await Promise.all([messages, ready, stand]);
  await pause();
  const root = createRoot(place);
  // As a transition the page is drawn in pieces, and whoever presses meanwhile is not kept waiting for all of it.
  startTransition(() =>
    root.render(
      <StrictMode>
        <Providers cache={cache} language={language} messages={words} timeZone={timeZone}>
          <RouterProvider router={router} />
        </Providers>
      </StrictMode>,
    ),
  );
}

void pause().then(start);
