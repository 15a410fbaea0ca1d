// The query cache and its policy: nothing polls, live data keeps it fresh, and only what may heal is tried again.
import { notifyManager, QueryClient } from "@tanstack/react-query";
import { ProblemError } from "../api/problem";

const MOST_RETRIES = 2;

// What was just pressed shows it at once: by default it is told with the next task, and a switch falls back for a moment.
notifyManager.setScheduler(queueMicrotask);

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        gcTime: 24 * 3_600_000,
        networkMode: "offlineFirst",
        refetchOnWindowFocus: false,
        retry: (count, error) => count < MOST_RETRIES && mayHeal(error),
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

function mayHeal(error: unknown): boolean {
  if (!(error instanceof ProblemError)) return true;
  return error.status === 429 || error.status >= 500;
}
