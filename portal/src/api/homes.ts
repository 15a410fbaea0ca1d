// Homes: all of them, one, and how they are made, changed and removed.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import { allPages } from "./pages";

/** How many of its devices are well, and what asks for somebody. */
export interface HomeSummary {
  devices: number;
  online: number;
  late: number;
  offline: number;
  unknown: number;
  danger: number;
  attention: number;
}

export type Home = Schemas["Home"] & { summary?: HomeSummary };
export type PropertyType = Schemas["PropertyType"];

const PAGE = 200;

/** All homes that one may see, of every organisation. */
export const homesQuery = queryOptions({
  queryKey: keys.homes,
  queryFn: ({ signal }): Promise<Home[]> =>
    allPages((cursor) => answer(api.GET("/api/homes", { params: { query: { limit: PAGE, ...(cursor && { cursor }) } }, signal }))),
});

export function useHomes() {
  return useQuery(homesQuery);
}

/** Begins with what the list knows of it, so that its name is there at once. */
export function useHome(id: string) {
  const cache = useQueryClient();
  return useQuery<Home>({
    queryKey: keys.home(id),
    queryFn: ({ signal }): Promise<Home> => answer(api.GET("/api/homes/{id}", { params: { path: { id } }, signal })),
    placeholderData: () => cache.getQueryData<Home[]>(keys.homes)?.find((home) => home.id === id),
  });
}

function useAfterHomeChange() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.homes });
}

export function useCreateHome() {
  const done = useAfterHomeChange();
  return useMutation({
    mutationFn: ({ body, key }: { body: Schemas["NewHomeBody"]; key: string }) =>
      answer(api.POST("/api/homes", { body, params: { header: { "Idempotency-Key": key } } })),
    onSuccess: done,
  });
}

export function useUpdateHome(id: string) {
  const done = useAfterHomeChange();
  return useMutation({
    mutationFn: (body: Schemas["HomeChangeBody"]) => answer(api.PATCH("/api/homes/{id}", { body, params: { path: { id } } })),
    onSuccess: done,
  });
}

export function useDeleteHome() {
  const done = useAfterHomeChange();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/homes/{id}", { params: { path: { id } } })),
    onSuccess: done,
  });
}
