// Whose message it is that passes: told by how its sender signed in.
import type { MqttClient } from "../api/mqtt-clients";
import type { Passing } from "../live/watch";

type Names = Pick<MqttClient, "id" | "name" | "username">;

/** The server may name the sender by its id, its user name or its name. What it does not name is nobody's. */
export function isOf({ from }: Pick<Passing, "from">, { id, name, username }: Names): boolean {
  return from != null && [id, username, name].includes(from);
}
