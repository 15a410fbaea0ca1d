// What the home page asks of the server, beside its lists and live states.
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import { keys } from "../api/keys";
import { allPages } from "../api/pages";

const PAGE = 200;

/** What needs attention, worst first; as the server judges it. */
export interface Attention {
  id: string;
  kind: string;
  severity: "danger" | "attention";
  device: string;
  device_name: string;
  home: string;
  room?: string | null;
  since: string | number;
  value?: boolean | number | string | null;
}

interface AttentionPage {
  items: Attention[];
  next_cursor?: string | null;
}

export function homeAttentionQuery(home: string) {
  return queryOptions({
    queryKey: keys.attention({ home }),
    queryFn: ({ signal }): Promise<Attention[]> =>
      allPages(async (cursor) => {
        const query = { home, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
        return (await answer(api.GET("/api/attention" as never, { params: { query }, signal } as never))) as AttentionPage;
      }),
  });
}
