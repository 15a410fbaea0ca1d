// Which refusal is told to whoever waits for a client.
import { expect, it } from "vitest";
import type { MqttRefusal } from "../api/mqtt-refusals";
import { refusalOf } from "./refusals";

const refused: MqttRefusal = {
  organisation: "o", home: "h", client: "c", name: "Plug", username: "plug", why: "wrong_password", times: 2, first_at: "2026-01-01T00:00:01Z", last_at: "2026-01-01T00:00:05Z",
};

it("tells whoever waits of a refusal, until the client is let in", () => {
  expect(refusalOf([refused], { id: "c" })).toBe(refused);
  expect(refusalOf([refused], { id: "c", last_seen: "2026-01-01T00:00:04Z" })).toBe(refused);
  expect(refusalOf([refused], { id: "c", last_seen: "2026-01-01T01:00:06+01:00" })).toBeUndefined();
  expect(refusalOf([refused], { id: "other" })).toBeUndefined();
  expect(refusalOf(undefined, { id: "c" })).toBeUndefined();
});
