// Whether the browser offers to install the portal as an app. The offer comes once, early, so it is kept from the start.
interface InstallOffer extends Event {
  prompt: () => Promise<unknown>;
}

let offer: InstallOffer | undefined;
const listeners = new Set<() => void>();

function set(next: InstallOffer | undefined): void {
  offer = next;
  for (const listener of listeners) listener();
}

export function keepInstallOffer(): void {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    set(event as InstallOffer);
  });
  window.addEventListener("appinstalled", () => set(undefined));
}

export function canInstall(): boolean {
  return offer !== undefined;
}

export function isInstalled(): boolean {
  return window.matchMedia("(display-mode: standalone)").matches;
}

export async function askToInstall(): Promise<void> {
  const current = offer;
  set(undefined);
  await current?.prompt();
}

export function onInstallChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
