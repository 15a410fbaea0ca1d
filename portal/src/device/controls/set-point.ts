// A thermostat's set point while it is being nudged: several presses in a row are one wish, and each starts from the
// last wish under way, else from what the device says is set. All of it in °C; the dial turns in the reader's degrees.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useVoice } from "../../format/voice";
import { argKind, capabilitiesQuery } from "../capabilities";
import { boundsOf, ownRange } from "./bounds";
import { type ControlProps, narrowed, reportedNumber, underWay } from "./control";
import { type Dial, dialOf } from "./dial";

export const SET_POINT = "Thermostat.OccupiedHeatingSetpoint";
const SET_COMMAND = "Thermostat.SetOccupiedHeatingSetpoint";
const COMFORT = { min: 5, max: 30 };
const SETTLE_MS = 700;

export interface Draft {
  value: number;
  change: (value: number) => void;
}

export function useDraft(props: ControlProps): Draft | undefined {
  const { commands, endpoint } = props;
  const set = reportedNumber(props, SET_POINT);
  const pending = underWay(props, "Thermostat");
  const wished = pending?.wish?.attribute === SET_POINT ? Number(pending.wish.value) : undefined;
  const [nudged, setNudged] = useState<number>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const value = nudged ?? wished ?? set;
  if (value === undefined) return undefined;
  return {
    value,
    change(next) {
      if (Number.isNaN(next)) return;
      setNudged(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        setNudged(undefined);
        if (next !== (wished ?? set)) commands.send(endpoint, SET_COMMAND, { Setpoint: next });
      }, SETTLE_MS);
    },
  };
}

/** Over what the device takes, and where it does not say, what the server takes, narrowed to what people live in. */
export function useDial(props: ControlProps): Dial {
  const { units } = useVoice();
  const kind = argKind(useQuery(capabilitiesQuery).data, SET_COMMAND, "Setpoint");
  const bounds = boundsOf(props, SET_POINT);
  const { min, max } = ownRange(bounds, narrowed(kind?.type === "number" ? kind : undefined, COMFORT));
  const step = bounds?.step ?? undefined;
  return useMemo(() => dialOf({ min, max, ...(step !== undefined && step > 0 && { step }) }, units), [min, max, step, units]);
}
