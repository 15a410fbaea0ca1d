// One question at a time, and nobody waits for an answer that cannot come.
import { describe, expect, it } from "vitest";
import { askToProve, isAsking, onAsking, settleProof } from "./asking";

describe("askToProve", () => {
  it("is not answered where nobody can ask", async () => {
    expect(await askToProve()).toBe(false);
  });
  it("asks once for all that wait", async () => {
    const stop = onAsking(() => undefined);
    const both = Promise.all([askToProve(), askToProve()]);
    expect(isAsking()).toBe(true);
    settleProof(true);
    expect(await both).toEqual([true, true]);
    expect(isAsking()).toBe(false);
    stop();
  });
  it("lets go of those who wait when the page that asks goes away", async () => {
    const stop = onAsking(() => undefined);
    const waiting = askToProve();
    stop();
    expect(await waiting).toBe(false);
  });
});
