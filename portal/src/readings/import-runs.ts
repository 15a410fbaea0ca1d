// Imports that go on, by device: a page may be left and found again. Parts are sent one after the other; what failed is
// sent again under the same key, so that nothing counts twice.
import { partsOf, type ReadingsFile, type RefusedRow, refusedOf, shownBy } from "./import-file";
import type { ImportReport } from "./queries";

export interface Run {
  name: string;
  phase: "sending" | "stopped" | "failed" | "done";
  /** Rows of the file, those that were refused before sending too. */
  total: number;
  /** Rows of which it is known what became of them. */
  settled: number;
  accepted: number;
  refused: readonly RefusedRow[];
  /** What to look at afterwards, as the device's page has it in its URL. */
  shows: { attribute: string; range: string } | undefined;
  error?: unknown;
}

type Send = (csv: string, key: string) => Promise<ImportReport>;

interface Work {
  run: Run;
  stop: () => void;
  goOn: () => Promise<void>;
}

const works = new Map<string, Work>();
const listeners = new Set<() => void>();

export function onRuns(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function runOf(device: string): Run | undefined {
  return works.get(device)?.run;
}

function tell(): void {
  for (const listener of listeners) listener();
}

export function startRun(device: string, name: string, file: ReadingsFile, key: string, send: Send): Promise<void> {
  const parts = partsOf(file.rows);
  let next = 0;
  let stopped = false;
  const work: Work = {
    run: { name, phase: "sending", total: file.rows.length + file.refused.length, settled: file.refused.length, accepted: 0, refused: file.refused, shows: shownBy(file.rows) },
    stop: () => void (stopped = true),
    goOn,
  };
  const change = (more: Partial<Run>) => {
    work.run = { ...work.run, ...more };
    tell();
  };
  async function goOn(): Promise<void> {
    stopped = false;
    change({ phase: "sending", error: undefined });
    for (let part = parts[next]; part !== undefined; part = parts[next]) {
      if (stopped) return change({ phase: "stopped" });
      try {
        const { accepted, rows } = await send(part.csv, `${key}-${next}`);
        const { run } = work;
        const refused = [...run.refused, ...refusedOf(part, rows)].toSorted((a, b) => a.line - b.line);
        next += 1;
        change({ settled: run.settled + part.rows.size, accepted: run.accepted + accepted, refused });
      } catch (error) {
        return change({ phase: "failed", error });
      }
    }
    change({ phase: "done" });
  }
  works.set(device, work);
  return goOn();
}

/** What was sent already stays. */
export function stopRun(device: string): void {
  works.get(device)?.stop();
}

export function goOnWithRun(device: string): Promise<void> {
  return works.get(device)?.goOn() ?? Promise.resolve();
}

export function forgetRun(device: string): void {
  works.delete(device);
  tell();
}
