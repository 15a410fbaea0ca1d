// Where devices reach this server, as it says itself, and the authority that signed its certificate.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../api/client";
import type { Broker } from "./snippets";

/** Where MQTT over TLS usually is. */
const MQTTS_PORT = 8883;

export const connectionQuery = queryOptions({
  queryKey: ["connection"] as const,
  queryFn: ({ signal }) => answer(api.GET("/api/iot/connection", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Devices reach the server by the name under which this page was opened. */
export function brokerOf(connection: Schemas["ConnectionView"] | undefined, host: string): Broker {
  return { host, port: connection?.mqtts_port ?? MQTTS_PORT };
}
