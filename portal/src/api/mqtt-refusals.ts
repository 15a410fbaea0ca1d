// Sign-ins to a home's MQTT space that were refused lately, while somebody waits for a thing to come.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";

export type MqttRefusal = Schemas["MqttRefusalView"];

/** Whoever waits sees a refusal soon after it happened. */
const LOOK_EVERY_MS = 5_000;

export const homeRefusalsQuery = (home: string) =>
  queryOptions({
    queryKey: keys.mqttRefusals(home),
    queryFn: async ({ signal }): Promise<MqttRefusal[]> =>
      (await answer(api.GET("/api/homes/{id}/mqtt-refusals", { params: { path: { id: home } }, signal }))).items,
    refetchInterval: LOOK_EVERY_MS,
  });

export const refusalsQuery = (organisation: string | undefined) =>
  queryOptions({
    queryKey: keys.mqttRefusals(organisation ?? "all"),
    queryFn: async ({ signal }): Promise<MqttRefusal[]> =>
      (await answer(api.GET("/api/operations/mqtt/refusals", { params: { query: organisation === undefined ? {} : { organisation } }, signal }))).items,
  });
