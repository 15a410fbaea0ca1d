// How serious an event is, told without its words.
import { describe, expect, it } from "vitest";
import type { EventView } from "../live/protocol";
import { eventTone, type Names } from "./sentence";

const NAMES: Names = {
  device: (id) => (id === "sink" ? { id, name: "Under the sink", tags: ["leak"] } : undefined),
  home: () => undefined,
  room: () => undefined,
  person: () => undefined,
  me: "u1",
};

const event = (type: EventView["type"], payload: object = {}, device = "d1") => ({ type, payload, device }) as unknown as EventView;
const changed = (attribute: string, to: unknown, device?: string) => event("attribute.changed", { attribute, to }, device);

describe("eventTone", () => {
  it("follows the value where one changed", () => {
    expect(eventTone(changed("SmokeCoAlarm.SmokeState", "Critical"), NAMES)).toBe("danger");
    expect(eventTone(changed("DoorLock.LockState", "Unlocked"), NAMES)).toBe("attention");
  });
  it("takes what is merely on for nothing special", () => {
    expect(eventTone(changed("OnOff.OnOff", true), NAMES)).toBe("neutral");
  });
  it("knows what a yes means by the device", () => {
    expect(eventTone(changed("BooleanState.StateValue", true, "sink"), NAMES)).toBe("danger");
    expect(eventTone(changed("BooleanState.StateValue", true), NAMES)).toBe("neutral");
  });
  it("follows the kind of every other event", () => {
    expect(eventTone(event("device.offline"), NAMES)).toBe("danger");
    expect(eventTone(event("command.confirmed"), NAMES)).toBe("ok");
    expect(eventTone(event("home.created"), NAMES)).toBe("neutral");
  });
});
