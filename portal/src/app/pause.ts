// A breath between two pieces of work, so that no press waits for both.

interface Scheduler {
  yield?: () => Promise<void>;
}

export function pause(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: Scheduler };
  return scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}
