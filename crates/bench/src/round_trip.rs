//! The command round trip: from the API call until the answer says confirmed, with real MQTT devices that acknowledge
//! and report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rumqttc::{AsyncClient, Event, Incoming, QoS};
use serde_json::{Value, json};

use crate::echo;
use crate::lares::{Device, Server};

pub struct Devices(Vec<Device>);

impl Devices {
    pub async fn connect(server: &Server, count: usize) -> Result<Devices, String> {
        let devices = server.register(count, "commanded").await?;
        for device in &devices {
            let login = Some((device.id.as_str(), device.password.as_str()));
            let (client, mut events) = echo::connect(&server.mqtt, &device.id, login);
            let topic = |channel: &str| format!("lares/devices/{}/{channel}", device.id);
            client.subscribe(topic("command"), QoS::AtLeastOnce).await.map_err(|error| error.to_string())?;
            let (ack, state) = (topic("ack"), topic("state"));
            tokio::spawn(async move {
                let mut seq = 0;
                while let Ok(event) = events.poll().await {
                    if let Event::Incoming(Incoming::Publish(message)) = event {
                        seq += 2;
                        let _ = obey(&client, &ack, &state, seq, &message.payload).await;
                    }
                }
            });
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(Devices(devices))
    }

    /// Every device is switched in turn; one that does not end confirmed is counted, not measured.
    pub async fn run(
        &self,
        server: &Server,
        rate_per_s: u32,
        time: Duration,
    ) -> Result<(Vec<f64>, usize), String> {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate_per_s);
        let mut tasks = vec![];
        let client = Arc::new(server.client.clone());
        for number in 0..rate_per_s as usize * time.as_secs() as usize {
            ticks.tick().await;
            let device = &self.0[number % self.0.len()];
            let name = if (number / self.0.len()).is_multiple_of(2) { "OnOff.On" } else { "OnOff.Off" };
            let request = client
                .post(format!("http://{}/api/iot/devices/{}/commands?wait=5s", server.http, device.id))
                .header("authorization", server.authorization())
                .json(&json!({ "name": name }));
            tasks.push(tokio::spawn(async move {
                let began = Instant::now();
                let answer: Value = request.send().await.ok()?.json().await.ok()?;
                (answer["state"] == "confirmed").then(|| began.elapsed().as_secs_f64() * 1e3)
            }));
        }
        let mut samples = vec![];
        let mut failed = 0;
        for task in tasks {
            match task.await.map_err(|error| error.to_string())? {
                Some(sample) => samples.push(sample),
                None => failed += 1,
            }
        }
        Ok((samples, failed))
    }
}

async fn obey(
    client: &AsyncClient,
    ack: &str,
    state: &str,
    seq: u64,
    payload: &[u8],
) -> Result<(), rumqttc::ClientError> {
    let command: Value = serde_json::from_slice(payload).unwrap_or_default();
    let on = command["name"] == "OnOff.On";
    let accepted = json!({ "v": 1, "seq": seq, "command": command["command"], "status": "accepted" });
    client.publish(ack, QoS::AtLeastOnce, false, accepted.to_string()).await?;
    let report = json!({ "v": 1, "seq": seq + 1, "readings": [{ "attribute": "OnOff.OnOff", "value": on }] });
    client.publish(state, QoS::AtLeastOnce, false, report.to_string()).await
}
