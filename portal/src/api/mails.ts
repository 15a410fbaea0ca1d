// The mails that a demo would have sent. Only a demo has them, so that they are no part of the API and its schema.
import { queryOptions } from "@tanstack/react-query";
import type { Instant } from "../format/instant";
import { answer, api } from "./client";
import { keys } from "./keys";

export interface Mail {
  id: string;
  to: string;
  subject: string;
  sent_at: Instant;
  text: string;
  html?: string | null;
}

interface Init {
  params?: { path: { id: string } };
  signal: AbortSignal;
}

type Get = <T>(path: string, init: Init) => Promise<{ data?: T; error?: unknown; response: Response }>;

/** The same client, for paths that its types do not know. */
const get = api.GET as unknown as Get;

export const mailsQuery = queryOptions({
  queryKey: keys.mails,
  queryFn: ({ signal }): Promise<Mail[]> => answer(get("/api/demo/mails", { signal })),
  retry: false,
  staleTime: 0,
});

export const mailQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.mails, id],
    queryFn: ({ signal }): Promise<Mail> => answer(get("/api/demo/mails/{id}", { params: { path: { id } }, signal })),
    retry: false,
  });
