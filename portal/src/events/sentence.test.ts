// Events told in the reader's own units.
import { createTranslator } from "use-intl/core";
import { describe, expect, it } from "vitest";
import type { Say } from "../format/say";
import { testVoice } from "../format/testing";
import events from "../i18n/en/events.json";
import type { EventView } from "../live/protocol";
import { tell, type Teller } from "./sentence";

const say = createTranslator({ locale: "en", messages: { events } as never, namespace: "events" as never }) as unknown as Say;
const plain = (text: string | undefined) => text?.replaceAll("\u00a0", " ");

function teller(units: "metric" | "imperial"): Teller {
  const names = { device: (id: string) => ({ id, name: "Hall" }), home: () => undefined, room: () => undefined, person: () => undefined, me: "u1" };
  return { say, voice: testVoice("en-GB", "Europe/Berlin", units), names, unitOf: () => "degC" };
}

const event = (type: EventView["type"], payload: object) => ({ type, payload, device: "d1", cause: { type: "system" } }) as unknown as EventView;

describe("tell", () => {
  it("tells values, and those before, in the reader's units", () => {
    const warmer = event("attribute.changed", { attribute: "TemperatureMeasurement.MeasuredValue", from: 20, to: 21.5 });
    expect(plain(tell(warmer, teller("metric")).text)).toContain("21.5 °C");
    expect(plain(tell(warmer, teller("imperial")).text)).toContain("70.7 °F");
    expect(plain(tell(warmer, teller("imperial")).detail)).toContain("68.0 °F");
  });
  it("tells commands in them, too", () => {
    const sent = event("command.queued", { name: "Thermostat.SetOccupiedHeatingSetpoint", args: { Setpoint: 21.5 } });
    expect(plain(tell(sent, teller("metric")).text)).toContain("21.5 °C");
    expect(plain(tell(sent, teller("imperial")).text)).toContain("71 °F");
  });
});
