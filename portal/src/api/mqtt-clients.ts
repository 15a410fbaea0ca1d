// The clients of a home's MQTT space: who may come in there, with which rights. A secret is only in the answer that
// made it.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, defined, type Schemas } from "./client";
import { keys } from "./keys";
import { newKey } from "./once";
import { allPages } from "./pages";

export type MqttClient = Schemas["MqttClientView"];
export type IssuedMqttClient = Schemas["IssuedMqttClientView"];

const PAGE = 500;

export const mqttClientsQuery = (home: string) =>
  queryOptions({
    queryKey: keys.mqttClients(home),
    queryFn: ({ signal }): Promise<MqttClient[]> =>
      allPages((cursor) =>
        answer(api.GET("/api/homes/{id}/mqtt-clients", { params: { path: { id: home }, query: { limit: PAGE, ...(cursor && { cursor }) } }, signal })),
      ),
  });

function useAfterChange(home: string) {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.mqttClients(home) });
}

export function useCreateMqttClient(home: string) {
  const done = useAfterChange(home);
  return useMutation({
    mutationFn: (body: Schemas["NewMqttClientBody"]): Promise<IssuedMqttClient> =>
      answer(api.POST("/api/homes/{id}/mqtt-clients", { body: defined(body), params: { path: { id: home }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

export function useUpdateMqttClient(home: string) {
  const done = useAfterChange(home);
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Schemas["MqttClientChangeBody"] }): Promise<MqttClient> =>
      answer(api.PATCH("/api/mqtt-clients/{id}", { body, params: { path: { id } } })),
    onSuccess: done,
  });
}

export function useRotateMqttClient(home: string) {
  const done = useAfterChange(home);
  return useMutation({
    mutationFn: (id: string): Promise<IssuedMqttClient> =>
      answer(api.POST("/api/mqtt-clients/{id}/rotate", { body: {}, params: { path: { id }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

export function useDeleteMqttClient(home: string) {
  const done = useAfterChange(home);
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/mqtt-clients/{id}", { params: { path: { id } } })),
    onSuccess: done,
  });
}
