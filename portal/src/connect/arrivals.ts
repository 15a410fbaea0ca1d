// Whose message it is that passes, and what its sender is called.
import type { MqttClient } from "../api/mqtt-clients";
import type { Passing } from "../live/watch";

const CLIENT = "client:";

/** The id of the home's client that an identity stands for; devices stand for themselves. */
export function clientIn(identity: string): string | undefined {
  return identity.startsWith(CLIENT) ? identity.slice(CLIENT.length) : undefined;
}

export function isOf({ from }: Pick<Passing, "from">, { id }: Pick<MqttClient, "id">): boolean {
  return clientIn(from) === id;
}
