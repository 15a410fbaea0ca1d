// The first cursor: what came in time counts, what was asked for by somebody before does not.
import { afterEach, expect, it, vi } from "vitest";
import { askFirstCursor, firstCursor, forgetFirstCursor } from "./cursor";

const answers = (cursor: string) => Promise.resolve({ json: async () => ({ cursor }) } as Response);

afterEach(() => {
  forgetFirstCursor();
  vi.unstubAllGlobals();
});

it("is known after asking, and again after somebody else signed in", async () => {
  vi.stubGlobal("fetch", () => answers("c1"));
  await askFirstCursor();
  expect(firstCursor()).toBe("c1");
  forgetFirstCursor();
  expect(firstCursor()).toBeUndefined();
  vi.stubGlobal("fetch", () => answers("c2"));
  await askFirstCursor();
  expect(firstCursor()).toBe("c2");
});

it("takes no answer that comes after the connection has begun", async () => {
  const tell: ((response: Promise<Response>) => void)[] = [];
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => tell.push(resolve)));
  const asked = askFirstCursor();
  forgetFirstCursor();
  tell[0]?.(answers("late"));
  await asked;
  expect(firstCursor()).toBeUndefined();
});
