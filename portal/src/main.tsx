// Starts the portal: language first, then the page, then what keeps it usable offline.
import "./ui/font.css";
import "./ui/tokens.css";
import "./ui/base.css";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
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
  const [messages] = await Promise.all([loadMessages(language), startOffline(cache)]);
  createRoot(place).render(
    <StrictMode>
      <Providers cache={cache} language={language} messages={messages}>
        <RouterProvider router={createAppRouter(cache)} />
      </Providers>
    </StrictMode>,
  );
}

void start();
