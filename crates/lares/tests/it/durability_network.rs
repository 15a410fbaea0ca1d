//! A network that loses connections, or swallows everything without a word: what is sent again is recognised, and
//! a device that nobody can hear is offline once its keep-alive is over.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::durability_clients::{NOBODY_WAITS_LONGER, NumberedDevice, Pace, Promised, register_numbered};
use crate::durability_compare::{look, look_at_rest};
use crate::process::{Api, Engine, Lares, Moments, soak_factor, wait_until};

const CUTS: u64 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Clear,
    /// Bytes are taken and go nowhere; no connection ends.
    Swallowed,
    /// Every connection is cut, and new ones are too.
    Cut,
}

/// Between client and server.
struct Network {
    port: u16,
    weather: watch::Sender<Weather>,
    task: tokio::task::JoinHandle<()>,
}

impl Network {
    async fn before(server: String) -> Network {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (weather, seen) = watch::channel(Weather::Clear);
        let task = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { return };
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(carry(from_client, to_server, seen.clone()));
                tokio::spawn(carry(from_server, to_client, seen.clone()));
            }
        });
        Network { port, weather, task }
    }

    fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One direction. What was swallowed once never arrives, so a connection that lost bytes stays silent for ever.
async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 4096];
    let mut lossy = false;
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = weather.wait_for(|weather| *weather == Weather::Cut) => return,
        };
        let Ok(count @ 1..) = read else {
            if lossy {
                // The end of a connection is as silent as the rest.
                let _ = weather.wait_for(|weather| *weather == Weather::Cut).await;
            }
            return;
        };
        lossy |= *weather.borrow() == Weather::Swallowed;
        if !lossy && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

async fn presence(api: &Api, device: &str) -> String {
    let device = api.get(&format!("/api/iot/devices/{device}")).await;
    device["presence"]["status"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_lose_and_repeat_nothing() {
    let mut moments = Moments::new("lost connections");
    let mut lares = Lares::new(Engine::Sqlite);
    lares.start().await;
    let device = register_numbered(&lares).await;
    let network = Network::before(lares.demo().mqtts).await;
    let promised = Arc::new(Mutex::new(Promised::default()));
    let pace = Pace { port: Some(network.port), keep_alive_s: 2, ..Pace::default() };
    let numbered = NumberedDevice::start(&lares, &device, &pace, &promised);
    let api = lares.api();
    for cut in 0..CUTS * soak_factor() {
        let before = numbered.pubacks();
        wait_until("the device is acknowledged again", NOBODY_WAITS_LONGER, async || {
            numbered.pubacks() > before + 50
        })
        .await;
        tokio::time::sleep(Duration::from_millis(moments.below(300))).await;
        if cut % 4 == 3 {
            network.set(Weather::Swallowed);
            wait_until("the device is offline by its keep-alive", NOBODY_WAITS_LONGER, async || {
                presence(&api, &device.id).await == "offline"
            })
            .await;
        }
        network.set(Weather::Cut);
        tokio::time::sleep(Duration::from_millis(moments.below(200))).await;
        network.set(Weather::Clear);
    }
    wait_until("the device is online", NOBODY_WAITS_LONGER, async || {
        presence(&api, &device.id).await == "online"
    })
    .await;
    numbered.finish().await;
    let promised = promised.lock().unwrap().clone();
    let mut wrong = look(&api, &device, &promised).await;
    lares.kill();
    wrong.extend(look_at_rest(&lares).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(promised.connections as u64 > CUTS / 2, "hardly any connection was lost");
    println!("{} acknowledged messages over {} connections", promised.pubacks(), promised.connections);
}
