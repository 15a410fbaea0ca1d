// What the home page asks of the server, beside live states. Lists a person sees whole are read to their end.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../api/client";
import { keys } from "../api/keys";
import { allPages } from "../api/pages";

const PAGE = 200;

export function homeQuery(id: string) {
  return queryOptions({
    queryKey: keys.home(id),
    queryFn: ({ signal }) => answer(api.GET("/api/homes/{id}", { params: { path: { id } }, signal })),
  });
}

export function homeRoomsQuery(home: string) {
  return queryOptions({
    queryKey: keys.rooms(home),
    queryFn: ({ signal }): Promise<Schemas["Room"][]> =>
      allPages((cursor) => {
        const query = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
        return answer(api.GET("/api/homes/{id}/rooms", { params: { path: { id: home }, query }, signal }));
      }),
  });
}

export function homeDevicesQuery(home: string) {
  return queryOptions({
    queryKey: keys.devices({ home }),
    queryFn: ({ signal }): Promise<Schemas["DeviceView"][]> =>
      allPages((cursor) => {
        const query = { home, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
        return answer(api.GET("/api/iot/devices", { params: { query }, signal }));
      }),
  });
}

export type Attention = Schemas["AttentionView"];

export function homeAttentionQuery(home: string) {
  return queryOptions({
    queryKey: keys.attention({ home }),
    queryFn: ({ signal }): Promise<Attention[]> =>
      allPages((cursor) => {
        const query = { home, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
        return answer(api.GET("/api/attention", { params: { query }, signal }));
      }),
  });
}
