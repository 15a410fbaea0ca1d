// A house of the test's own: `lares demo` on free ports with data of its own, and the portal in front of it.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test as base, type APIRequestContext, type BrowserContext, type Locator, type Page } from "@playwright/test";
import type { EventView } from "../src/live/protocol";

export interface Demo {
  http: string;
  mqtts: string;
  ca: string;
  owner: { email: string; password: string; token: string };
  organisation: string;
  homes: string[];
}

export interface House {
  /** Where the portal is. */
  url: string;
  demo: Demo;
  /** What it said on the terminal since its last start: its last few thousand letters. */
  printed(): string;
  /** Ends the server, keeping its data. */
  stop(): Promise<void>;
  /** Starts it again where it was. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const portal = resolve(import.meta.dirname, "..");
const binary = resolve(portal, process.env["LARES_BIN"] ?? "../target/debug/lares");

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}

/** Four ports in a row, counted from one that the system picked. */
async function freeBase(): Promise<number> {
  for (;;) {
    const server = createServer();
    const picked = await new Promise<number>((done) => server.listen(0, "127.0.0.1", () => done((server.address() as AddressInfo).port)));
    await new Promise<void>((done) => void server.close(() => done()));
    const wanted = [0, 1, 2, 3].map((step) => picked + step);
    const free = await Promise.all(wanted.map(isFree));
    if (free.every(Boolean) && picked < 60_000) return picked;
  }
}

async function answers(url: string, process: ChildProcess, said: () => string): Promise<void> {
  for (;;) {
    if (process.exitCode !== null) throw new Error(`lares ended with ${process.exitCode}:\n${said()}`);
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** The server takes every LARES_ variable for a setting of its own. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LARES_")));

export interface HouseOptions {
  /** Days of past that its devices tell at the first start; they are told when it opens. */
  history?: number;
}

export async function openHouse({ history = 0 }: HouseOptions = {}): Promise<House> {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: run cargo build, or name a binary in LARES_BIN`);
  const data = mkdtempSync(join(tmpdir(), "lares-e2e-"));
  const port = await freeBase();
  let running: ChildProcess | undefined;
  let said = "";
  async function start(): Promise<void> {
    said = "";
    const child = spawn(binary, ["demo", "--data", data, "--ports", String(port), "--history", String(history)], { stdio: ["ignore", "pipe", "pipe"], env: environment });
    running = child;
    child.once("exit", (code, signal) => {
      // Nobody asked it to end: what it said last belongs into the test's output.
      if (running === child) console.error(`lares ended by itself (${code ?? signal}):\n${said}`);
    });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
    await answers(`http://127.0.0.1:${port}/readyz`, child, () => said);
    // demo.json is written once the house is furnished, which is after the server answers.
    while (!existsSync(join(data, "demo.json"))) await new Promise((done) => setTimeout(done, 50));
  }
  async function stop(): Promise<void> {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    child.kill("SIGTERM");
    await ended;
  }
  await start();
  while (history > 0 && !said.includes("The history is complete")) await new Promise((done) => setTimeout(done, 100));
  const url = `http://127.0.0.1:${port}`;
  await expectPortal(url);
  const demo = JSON.parse(readFileSync(join(data, "demo.json"), "utf8")) as Demo;
  const close = async () => {
    await stop();
    rmSync(data, { recursive: true, force: true });
  };
  return { url, demo, printed: () => said, start, stop, close };
}

/** The tests are of the portal that the binary holds. */
async function expectPortal(url: string): Promise<void> {
  const page = await (await fetch(url, { headers: { accept: "text/html" } })).text();
  if (!page.includes('id="root"')) throw new Error(`${binary} holds no portal: run make portal, then cargo build`);
}

/** Signs a browser in without going through the form, which has its own test. Waits where the whole suite signs in more often than one person may. */
export async function signIn(context: BrowserContext, { url, demo }: House): Promise<void> {
  const { email, password } = demo.owner;
  for (let left = 3; ; left -= 1) {
    const response = await context.request.post(`${url}/api/auth/session`, { data: { email, password }, headers: { origin: url } });
    if (response.ok()) return;
    if (response.status() !== 429 || left === 0) throw new Error(`sign-in: ${response.status()} ${await response.text()}`);
    await new Promise((again) => setTimeout(again, 7_000));
  }
}

/** Waits until the page hears the server: then nothing that happens is missed. */
export async function isLive(page: Page): Promise<void> {
  await page.locator("html[data-live=live]").waitFor({ state: "attached" });
}

/** Presses a switch, a check box or a choice as a person does: on what is seen of it, once that rests and may be pressed. */
export async function press(control: Locator): Promise<void> {
  await control.locator("xpath=ancestor::label[1]").click();
}

export type ApiEvent = EventView;

/** All events of a device as the API has them, oldest first. */
export async function eventsOf(request: APIRequestContext, { url, demo }: House, device: string): Promise<ApiEvent[]> {
  const query = new URLSearchParams({ device, order: "oldest_first", limit: "1000" });
  const response = await request.get(`${url}/api/events?${query}`, { headers: { authorization: `Bearer ${demo.owner.token}` } });
  return ((await response.json()) as { items: ApiEvent[] }).items;
}

export const test = base.extend<{ signedIn: Page }, { house: House }>({
  house: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright wants the pattern
    async ({}, use) => {
      const house = await openHouse();
      await use(house);
      await house.close();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  baseURL: async ({ house }, use) => use(house.url),
  signedIn: async ({ page, context, house }, use) => {
    await signIn(context, house);
    await use(page);
  },
});

export { expect } from "@playwright/test";
