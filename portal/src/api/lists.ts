// The lists that many pages show whole: homes, rooms, devices, members. Asked for in one way, so
// that each stands in the cache once and under one shape; live events make them fresh.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import { allPages } from "./pages";

export type Home = Schemas["HomeView"];
export type Room = Schemas["Room"];
export type Device = Schemas["DeviceView"];
export type Member = Schemas["MemberView"];

const PAGE = 1_000;

/** Of every organisation that the person belongs to. */
export const homesQuery = queryOptions({
  queryKey: keys.homes,
  queryFn: ({ signal }): Promise<Home[]> =>
    allPages((cursor) => answer(api.GET("/api/homes", { params: { query: { limit: PAGE, ...(cursor && { cursor }) } }, signal }))),
});

export const homeQuery = (id: string) =>
  queryOptions({
    queryKey: keys.home(id),
    queryFn: ({ signal }): Promise<Home> => answer(api.GET("/api/homes/{id}", { params: { path: { id } }, signal })),
  });

export const roomsQuery = (home?: string) =>
  queryOptions({
    queryKey: keys.rooms(home),
    queryFn: ({ signal }): Promise<Room[]> =>
      allPages((cursor) =>
        answer(api.GET("/api/rooms", { params: { query: { limit: PAGE, ...(home && { home }), ...(cursor && { cursor }) } }, signal })),
      ),
  });

export interface DevicesFilter {
  organisation?: string;
  home?: string;
}

/** Without a filter: all that the person may see. Presence in it is as of loading; live states know better. */
export const devicesQuery = (filter: DevicesFilter = {}) =>
  queryOptions({
    queryKey: keys.devices(filter),
    queryFn: ({ signal }): Promise<Device[]> =>
      allPages((cursor) =>
        answer(api.GET("/api/iot/devices", { params: { query: { limit: PAGE, ...filter, ...(cursor && { cursor }) } }, signal })),
      ),
  });

export const deviceQuery = (id: string) =>
  queryOptions({
    queryKey: keys.device(id),
    queryFn: ({ signal }): Promise<Device> => answer(api.GET("/api/iot/devices/{id}", { params: { path: { id } }, signal })),
  });

export const membersQuery = (organisation: string) =>
  queryOptions({
    queryKey: ["members", organisation] as const,
    queryFn: ({ signal }): Promise<Member[]> =>
      allPages((cursor) =>
        answer(
          api.GET("/api/organisations/{id}/members", {
            params: { path: { id: organisation }, query: { limit: PAGE, ...(cursor && { cursor }) } },
            signal,
          }),
        ),
      ),
  });
