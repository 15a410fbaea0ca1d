// The mails that a demo would have sent; any other server has no such list.
import { queryOptions } from "@tanstack/react-query";
import { answer } from "./client";
import { identity, type Mail } from "./identity";
import { keys } from "./keys";

export const mailsQuery = queryOptions({
  queryKey: keys.mails,
  queryFn: ({ signal }): Promise<Mail[]> => answer(identity.GET("/api/demo/mails", { signal })),
  retry: false,
  staleTime: 0,
});

export const mailQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.mails, id],
    queryFn: ({ signal }): Promise<Mail> => answer(identity.GET("/api/demo/mails/{id}", { params: { path: { id } }, signal })),
    retry: false,
  });
