// What needs a proof is asked for once and sent once more; everything else passes as it is.
import { describe, expect, it, vi } from "vitest";
import { sendProved } from "./repeat";

const problem = (type: string) => new Response(JSON.stringify({ type, title: "", status: 401, detail: "" }), { status: 401 });
const STEP_UP = "/docs/problems#step-up";

function setUp(answers: Response[], proved: boolean) {
  const bodies: string[] = [];
  const send = vi.fn(async (request: Request) => {
    bodies.push(await request.text());
    return answers.shift() ?? new Response(null, { status: 204 });
  });
  const ask = vi.fn(async () => proved);
  const request = new Request("http://localhost/api/x", { method: "POST", body: "unlock" });
  return { bodies, ask, send, sent: () => sendProved(request, send, ask) };
}

describe("sendProved", () => {
  it("repeats the same request once it is proved", async () => {
    const { bodies, ask, sent } = setUp([problem(STEP_UP)], true);
    expect((await sent()).status).toBe(204);
    expect(bodies).toEqual(["unlock", "unlock"]);
    expect(ask).toHaveBeenCalledOnce();
  });
  it("gives the server's answer back when the person would rather not, readable as ever", async () => {
    const { send, sent } = setUp([problem(STEP_UP)], false);
    const response = await sent();
    expect([response.status, ((await response.json()) as { type: string }).type]).toEqual([401, STEP_UP]);
    expect(send).toHaveBeenCalledOnce();
  });
  it("does not ask twice for one request", async () => {
    const { ask, sent } = setUp([problem(STEP_UP), problem(STEP_UP)], true);
    expect((await sent()).status).toBe(401);
    expect(ask).toHaveBeenCalledOnce();
  });
  it.each([problem("about:blank"), problem("/docs/problems#second-factor"), new Response("<html>", { status: 401 }), new Response(null, { status: 403 })])(
    "asks for nothing after another refusal",
    async (response) => {
      const { ask, sent } = setUp([response], true);
      expect(await sent()).toBe(response);
      expect(ask).not.toHaveBeenCalled();
    },
  );
});
