// Where devices reach this server, as it says itself, and the authority that signed its certificate.
import { queryOptions } from "@tanstack/react-query";
import type { Broker } from "./snippets";

export interface DeviceDoor {
  /** Of MQTT over TLS. */
  mqtts_port: number;
  /** The authority's certificate (PEM); absent where the server's certificate is a public one. */
  authority?: string | null;
}

const MQTTS_PORT = 8883;

export const deviceDoorQuery = queryOptions({
  queryKey: ["connection"] as const,
  queryFn: async ({ signal }): Promise<DeviceDoor> => {
    const response = await fetch("/api/iot/connection", { credentials: "same-origin", signal });
    // A server of before this answer: it listens where MQTT over TLS usually does.
    return response.ok ? ((await response.json()) as DeviceDoor) : { mqtts_port: MQTTS_PORT };
  },
  staleTime: Number.POSITIVE_INFINITY,
});

/** Devices reach the server by the name under which this page was opened. */
export function brokerOf(door: DeviceDoor | undefined, host: string): Broker {
  return { host, port: door?.mqtts_port ?? MQTTS_PORT };
}
