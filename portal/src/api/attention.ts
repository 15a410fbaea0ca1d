// What needs a person now, as the server judges it from the live state.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import { allPages } from "./pages";

export type Concern = Schemas["AttentionView"];
export type ConcernKind = Concern["kind"];

const PAGE = 200;

/** Worst first, then the newest. */
export const attentionQuery = (filter: { organisation?: string; home?: string } = {}) =>
  queryOptions({
    queryKey: keys.attention(filter),
    queryFn: ({ signal }): Promise<Concern[]> =>
      allPages((cursor) => answer(api.GET("/api/attention", { params: { query: { limit: PAGE, ...filter, ...(cursor && { cursor }) } }, signal }))),
  });
