// A device that is a real MQTT client over TLS: it reports, and does what it is told, by docs/device-protocol.md.
import { readFileSync } from "node:fs";
import mqtt, { type MqttClient } from "mqtt";
import type { House } from "./house";

export interface Credentials {
  id: string;
  password: string;
}

export class MqttDevice {
  private seq = 0;
  private readonly epoch = crypto.randomUUID();
  private counter = 0;

  private constructor(
    private readonly client: MqttClient,
    private readonly id: string,
  ) {}

  static async connect({ demo }: House, { id, password }: Credentials): Promise<MqttDevice> {
    const client = await mqtt.connectAsync(`mqtts://${demo.mqtts}`, {
      clientId: id,
      username: id,
      password,
      protocolVersion: 5,
      clean: true,
      keepalive: 45,
      reconnectPeriod: 500,
      ca: readFileSync(demo.ca),
    });
    const device = new MqttDevice(client, id);
    client.on("message", (_topic, payload) => void device.obey(payload.toString()));
    await client.subscribeAsync(`lares/devices/${id}/command`, { qos: 1 });
    return device;
  }

  private async say(channel: string, body: object): Promise<void> {
    this.seq += 1;
    const message = { v: 1, seq: this.seq, epoch: this.epoch, time: Date.now(), ...body };
    await this.client.publishAsync(`lares/devices/${this.id}/${channel}`, JSON.stringify(message), { qos: 1 });
  }

  /** Resolves when the server has stored it. */
  report(attribute: string, value: boolean | number | string): Promise<void> {
    return this.say("state", { readings: [{ attribute, value }] });
  }

  private async obey(text: string): Promise<void> {
    const command = JSON.parse(text) as { command: string; counter: number; name: string };
    if (command.counter <= this.counter) return;
    this.counter = command.counter;
    const known = command.name === "OnOff.On" || command.name === "OnOff.Off";
    await this.say("ack", { command: command.command, status: known ? "accepted" : "refused", ...(!known && { reason: "not known" }) });
    if (known) await this.report("OnOff.OnOff", command.name === "OnOff.On");
  }

  end(): Promise<void> {
    return this.client.endAsync();
  }
}
