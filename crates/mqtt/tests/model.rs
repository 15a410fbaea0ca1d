//! The broker against a naive model: publishers and subscribers with sessions that are kept, connections that break at
//! any moment with whatever was under way, packets sent twice, restarts that forget what was not durable. What was
//! acknowledged arrives: QoS 1 at least once, QoS 2 exactly once, each in the order it was first sent.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod house;
#[path = "house/promised.rs"]
mod promised;
use house::wire;

use house::*;
use lares_mqtt::Limits;
use lares_mqtt::codec::*;
use promised::{Client, Stream, judge};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Move {
    /// A publisher says the next number.
    Publish { client: usize, qos: u8 },
    /// A client reads and answers up to so many packets.
    Work { client: usize, packets: usize },
    /// A publisher sends its last PUBLISH again, as one does that heard no answer.
    Repeat { client: usize },
    /// A connection breaks; what is in its pipes is lost.
    Break { client: usize },
    /// The broker is gone, and another one starts from what was durable.
    Restart,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let client = 0usize..3;
    let one = prop_oneof![
        8 => (client.clone(), 1u8..3).prop_map(|(client, qos)| Move::Publish { client, qos }),
        8 => (client.clone(), 1usize..6).prop_map(|(client, packets)| Move::Work { client, packets }),
        2 => client.clone().prop_map(|client| Move::Repeat { client }),
        3 => client.prop_map(|client| Move::Break { client }),
        1 => Just(Move::Restart),
    ];
    prop::collection::vec(one, 1..60)
}

async fn live(moves: Vec<Move>) {
    let mut disk = Memory::default();
    let open = |disk: &Memory| Site::on(Some(Box::new(disk.clone())), Limits::default());
    let mut site = open(&disk);
    let new = |index: usize| {
        let name = format!("c{index}@home");
        Client::new(&name, BOTH[index % 2], (&name, ""))
    };
    let mut clients: Vec<Client> = (0..3).map(new).collect();
    let pipe = |site: &Site| -> Stream { Box::new(site.pipe(Version::V5).stream) };
    for client in &mut clients {
        client.connect(pipe(&site)).await;
    }
    let mut number = 0;
    for one in moves {
        match one {
            Move::Publish { client, qos } => {
                number += 1;
                clients[client].publish(number, Qos::from_u8(qos).unwrap()).await;
            }
            Move::Work { client, packets } => clients[client].work(packets).await,
            Move::Repeat { client } => clients[client].repeat().await,
            Move::Break { client } => {
                clients[client].wire = None;
                clients[client].connect(pipe(&site)).await;
            }
            Move::Restart => {
                disk = disk.after_crash();
                for client in &mut clients {
                    client.wire = None;
                }
                site = open(&disk);
                for client in &mut clients {
                    client.connect(pipe(&site)).await;
                }
            }
        }
    }
    // Everybody works on until nothing comes any more.
    let mut quiet = 0;
    while quiet < 3 {
        let before: usize = clients.iter().map(Client::promises).sum();
        for client in &mut clients {
            if client.wire.is_none() {
                client.connect(pipe(&site)).await;
            }
            client.work(usize::MAX).await;
        }
        let after: usize = clients.iter().map(Client::promises).sum();
        quiet = if before == after { quiet + 1 } else { 0 };
    }
    judge(&clients);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24))
    })]

    #[test]
    fn what_was_acknowledged_arrives_whatever_breaks(moves in moves()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(moves));
    }
}
