// Which answers an event makes out of date, and that a flood of events is no flood of requests.
import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import { keys } from "../api/keys";
import { Refresher, keysOf } from "./freshness";
import type { EventView } from "./protocol";

const event = (type: string, payload: object = {}, device = "d1") => ({ id: type, type, payload, device }) as unknown as EventView;

describe("keysOf", () => {
  it("knows what an event concerns", () => {
    expect(keysOf(event("room.updated"))).toContainEqual(["rooms"]);
    expect(keysOf(event("device.updated"))).toContainEqual(["device", "d1"]);
    expect(keysOf(event("command.confirmed"))).toEqual([["commands"]]);
    expect(keysOf(event("device.online"))).not.toContainEqual(["devices"]);
    expect(keysOf(event("device.discovered"))).toEqual([["inbox"]]);
    expect(keysOf(event("mqtt_client.deleted"))).toEqual([["mqtt-clients"]]);
  });

  it("loads people anew whoever comes, goes, or gets another role", () => {
    for (const type of ["member.added", "member.removed", "member.updated"]) {
      // Who took an invitation is invited no more; and oneself may be who it is about.
      expect(keysOf(event(type, {}, "")), type).toEqual([["members"], ["invitations"], ["profile"]]);
    }
    expect(keysOf(event("member.invited"))).toContainEqual(["invitations"]);
    expect(keysOf(event("invitation.withdrawn"))).toEqual([["invitations"]]);
    expect(keysOf(event("organisation.updated"))).toContainEqual(["profile"]);
    expect(keysOf(event("oauth_client.created"))).toEqual([["oauth-clients"]]);
  });

  it("names what the pages ask for", () => {
    expect(keys.members("o1").slice(0, 1)).toEqual(["members"]);
    expect(keys.invitations("o1").slice(0, 1)).toEqual(["invitations"]);
    expect(keys.oauthClients("o1").slice(0, 1)).toEqual(["oauth-clients"]);
  });

  it("loads nothing for an ordinary change, and attention for one that may be an alarm", () => {
    expect(keysOf(event("attribute.changed", { attribute: "OnOff.OnOff" }))).toEqual([]);
    expect(keysOf(event("attribute.changed", { attribute: "SmokeCoAlarm.SmokeState" }))).toContainEqual(["attention"]);
  });
});

describe("Refresher", () => {
  it("is at once the first time, then at most once a second, and forgets nothing", () => {
    vi.useFakeTimers();
    const cache = new QueryClient();
    const invalidate = vi.spyOn(cache, "invalidateQueries");
    const refresher = new Refresher(cache);
    const times = (key: string) => invalidate.mock.calls.filter(([filter]) => filter?.queryKey?.[0] === key).length;
    refresher.take([event("room.created")]);
    expect(times("rooms")).toBe(1);
    for (let n = 0; n < 50; n += 1) refresher.take([event("room.updated"), event("command.sent")]);
    expect([times("rooms"), times("commands")]).toEqual([1, 0]);
    vi.advanceTimersByTime(1_000);
    expect([times("rooms"), times("commands")]).toEqual([2, 1]);
    vi.advanceTimersByTime(5_000);
    expect(times("rooms")).toBe(2);
    refresher.take([event("room.deleted")]);
    expect(times("rooms")).toBe(3);
    refresher.stop();
    vi.useRealTimers();
  });
});
