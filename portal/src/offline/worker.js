// The service worker: keeps this build's files, so that the portal opens without a network. Answers of the API are
// not kept here; the query cache is kept by `kept.ts`. The build fills in the two constants.
const VERSION = "__VERSION__";
const FILES = __FILES__;

const SHELL = "/index.html";
const CACHE = `lares-${VERSION}`;

async function keepFiles() {
  const cache = await caches.open(CACHE);
  // Hashed files that an earlier build kept are the same files; the shell is always fetched anew.
  await Promise.all(
    FILES.map(async (file) => {
      const known = file.startsWith("/assets/") ? await caches.match(file) : undefined;
      const response = known ?? (await fetch(file, { cache: "no-cache" }));
      if (!response.ok) throw new Error(`${file}: ${response.status}`);
      await cache.put(file, response);
    }),
  );
}

async function dropOldCaches() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("lares-") && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function fromCache(request, file) {
  const cache = await caches.open(CACHE);
  return (await cache.match(file)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keepFiles()));
self.addEventListener("activate", (event) => event.waitUntil(dropOldCaches()));

self.addEventListener("message", (event) => {
  if (event.data === "take-over") void self.skipWaiting();
});

/** The server's own: a browser that is led there must reach it, and not the portal. */
const SERVERS = /^\/(?:api|oauth|docs|\.well-known)\//;

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || SERVERS.test(url.pathname)) return;
  if (request.mode === "navigate") event.respondWith(fromCache(request, SHELL));
  else if (FILES.includes(url.pathname)) event.respondWith(fromCache(request, url.pathname));
});
