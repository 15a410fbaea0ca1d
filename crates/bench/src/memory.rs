//! Resident memory, idle and with many connected devices.

use std::time::Duration;

use rumqttc::QoS;

use crate::echo;
use crate::lares::{Device, Server};
use crate::mosquitto::Broker;

pub fn rss_mib(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kib: f64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(f64::NAN);
    kib / 1_024.0
}

/// Both with `count` clients that subscribe to one topic each and then stay silent.
pub async fn connected(server: &Server, broker: &Broker, count: usize) -> Result<(f64, f64), String> {
    let devices = server.register(count, "silent").await?;
    hold(&server.mqtt, &devices, true).await?;
    hold(&broker.address, &devices, false).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok((rss_mib(server.pid), rss_mib(broker.pid)))
}

async fn hold(address: &str, devices: &[Device], with_login: bool) -> Result<(), String> {
    for device in devices {
        let login = with_login.then_some((device.id.as_str(), device.password.as_str()));
        let (client, mut events) = echo::connect(address, &device.id, login);
        let topic = format!("lares/devices/{}/command", device.id);
        client.subscribe(topic, QoS::AtLeastOnce).await.map_err(|error| error.to_string())?;
        tokio::spawn(async move {
            // Kept for as long as the connection is polled.
            let _client = client;
            while events.poll().await.is_ok() {}
        });
    }
    Ok(())
}
