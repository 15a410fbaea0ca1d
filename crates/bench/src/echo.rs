//! The bare round trip through Mosquitto: publish at QoS 1, an echoing client, and back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, QoS};
use tokio::sync::oneshot;

use crate::mosquitto::Broker;

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<()>>>>;

pub struct Echo {
    client: AsyncClient,
    waiting: Waiting,
}

pub fn connect(address: &str, id: &str, login: Option<(&str, &str)>) -> (AsyncClient, rumqttc::EventLoop) {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "1883"));
    let mut options = MqttOptions::new(id, host, port.parse().unwrap_or(1883));
    options.set_keep_alive(Duration::from_secs(60)).set_inflight(100);
    if let Some((username, password)) = login {
        options.set_credentials(username, password);
    }
    let (client, mut events) = AsyncClient::new(options, 1_000);
    events.network_options.set_tcp_nodelay(true);
    (client, events)
}

impl Echo {
    pub async fn connect(broker: &Broker) -> Result<Echo, String> {
        let (echoer, mut echoes) = connect(&broker.address, "echoer", None);
        echoer.subscribe("there", QoS::AtLeastOnce).await.map_err(|error| error.to_string())?;
        tokio::spawn(async move {
            while let Ok(event) = echoes.poll().await {
                if let Event::Incoming(Incoming::Publish(message)) = event {
                    let _ = echoer.publish("back", QoS::AtLeastOnce, false, message.payload.to_vec()).await;
                }
            }
        });
        let waiting: Waiting = Arc::default();
        let (client, mut answers) = connect(&broker.address, "asker", None);
        client.subscribe("back", QoS::AtLeastOnce).await.map_err(|error| error.to_string())?;
        let answered = waiting.clone();
        tokio::spawn(async move {
            while let Ok(event) = answers.poll().await {
                if let Event::Incoming(Incoming::Publish(message)) = event {
                    let number =
                        std::str::from_utf8(&message.payload).ok().and_then(|text| text.trim().parse().ok());
                    let mut waiting = answered.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(done) = number.and_then(|number: u64| waiting.remove(&number)) {
                        let _ = done.send(());
                    }
                }
            }
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(Echo { client, waiting })
    }

    pub async fn run(&self, rate_per_s: u32, time: Duration) -> Result<Vec<f64>, String> {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate_per_s);
        let mut tasks = vec![];
        for number in 0..u64::from(rate_per_s) * time.as_secs() {
            ticks.tick().await;
            let (done, answered) = oneshot::channel();
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, done);
            let client = self.client.clone();
            tasks.push(tokio::spawn(async move {
                let began = Instant::now();
                // Padded to the size of a command.
                let payload = format!("{number:>300}");
                client
                    .publish("there", QoS::AtLeastOnce, false, payload)
                    .await
                    .map_err(|error| error.to_string())?;
                answered.await.map_err(|error| error.to_string())?;
                Ok::<f64, String>(began.elapsed().as_secs_f64() * 1e3)
            }));
        }
        let mut samples = vec![];
        for task in tasks {
            samples.push(task.await.map_err(|error| error.to_string())??);
        }
        Ok(samples)
    }
}
