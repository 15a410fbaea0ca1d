// The mails that a demo would have sent; any other server has no such list.
import { queryOptions } from "@tanstack/react-query";
import { answer } from "./client";
import { identity, type Mail } from "./identity";
import { keys } from "./keys";

export const mailsQuery = queryOptions({
  queryKey: keys.mails,
  queryFn: async ({ signal }): Promise<Mail[]> => {
    const found = await answer(identity.GET<Mail[] | { items: Mail[] }>("/api/demo/mails", { signal }));
    return Array.isArray(found) ? found : found.items;
  },
  retry: false,
  staleTime: 0,
});

export const mailQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.mails, id],
    queryFn: ({ signal }): Promise<Mail> => answer(identity.GET("/api/demo/mails/{id}", { params: { path: { id } }, signal })),
    retry: false,
  });
