// Which refusal is of interest to whoever waits for a client: one that came after it was last let in.
import type { MqttClient } from "../api/mqtt-clients";
import type { MqttRefusal } from "../api/mqtt-refusals";
import { millis } from "../format/instant";

export function refusalOf(refusals: readonly MqttRefusal[] | undefined, { id, last_seen }: Pick<MqttClient, "id" | "last_seen">): MqttRefusal | undefined {
  const own = refusals?.find(({ client }) => client === id);
  return own !== undefined && (last_seen == null || millis(own.last_at) > millis(last_seen)) ? own : undefined;
}
