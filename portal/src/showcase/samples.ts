// Made-up data for the component page, fixed for all time.
import { NoAnswer, ProblemError } from "../api/problem";

/** 21 November 2026, 12:00 UTC. */
export const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
export const ago = (seconds: number): number => NOW - seconds * 1_000;

export interface SampleRow {
  id: string;
  name: string;
  watts: number | null;
  online: boolean;
}

const NAMES = ["Plug", "Meter", "Lamp", "Heater", "Blind"];

/** As many rows as the largest list that has to stay quick. */
export const ROWS: readonly SampleRow[] = Array.from({ length: 5_000 }, (_, index) => ({
  id: String(index),
  name: `${NAMES[index % NAMES.length]} ${index + 1}`,
  watts: index % 7 === 0 ? null : (index * 37) % 2_000,
  online: index % 11 !== 3,
}));

export const ERRORS: readonly { id: string; error: unknown }[] = [
  { id: "away", error: new NoAnswer() },
  { id: "gone", error: new ProblemError({ title: "Not found", status: 404, detail: "" }) },
  { id: "forbidden", error: new ProblemError({ title: "Forbidden", status: 403, detail: "" }) },
  { id: "busy", error: new ProblemError({ title: "Too many requests", status: 429, detail: "" }) },
  { id: "server", error: new ProblemError({ title: "Internal error", status: 500, detail: "" }) },
  { id: "broken", error: new Error("undefined is not a function") },
];
