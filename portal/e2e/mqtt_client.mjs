// MQTT.js as a home's client: URL USERNAME PASSWORD AUTHORITY. Both versions of the protocol, one after the other.
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';

const [url, username, password, authority] = process.argv.slice(2);

async function speak(protocolVersion) {
  const name = `mqttjs-${protocolVersion}-${new URL(url).protocol.replace(':', '')}`;
  const options = { username, password, clientId: name, protocolVersion, ca: readFileSync(authority), reconnectPeriod: 0 };
  const client = await mqtt.connectAsync(url, options);
  const wanted = new Map();
  for (const qos of [0, 1, 2]) wanted.set(`${name}/${qos}`, String(qos).repeat(200));
  const heard = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`not heard: ${[...wanted.keys()]}`)), 20_000).unref();
    client.on('message', (topic, payload) => {
      if (wanted.get(topic) === payload.toString()) wanted.delete(topic);
      if (wanted.size === 0) resolve();
    });
  });
  await client.subscribeAsync(`${name}/#`, { qos: 2 });
  for (const [topic, payload] of [...wanted]) {
    await client.publishAsync(topic, payload, { qos: Number(topic.at(-1)), retain: topic.endsWith('1') });
  }
  await heard;
  await client.endAsync();
}

await speak(4);
await speak(5);
console.log('heard everything');
