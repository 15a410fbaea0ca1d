//! The front door as a home uses it: a stock MQTT client with credentials of a home stands for a device of another
//! maker, and for Home Assistant.

use std::collections::VecDeque;
use std::time::Duration;

use lares_mqtt::codec::{Publish, Qos};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::mqtt_walls::{dial, hello, home_client};
use super::mqtt_wire::publish;
use super::world::*;

/// A client of household A's home.
struct Guest {
    id: String,
    client: AsyncClient,
    heard: UnboundedReceiver<(String, String)>,
    kept: VecDeque<(String, String)>,
    polling: tokio::task::JoinHandle<()>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

impl Guest {
    async fn new(world: &World, name: &str) -> Guest {
        let path = format!("/api/homes/{}/mqtt-clients", world.a.home);
        let made = world.post(path).as_(Owner).json(json!({ "name": name })).expect(201).await;
        let port = world.running().addresses.mqtt.unwrap().port();
        let mut options = MqttOptions::new(name, "localhost", port);
        options.set_credentials(made["username"].as_str().unwrap(), made["secret"].as_str().unwrap());
        let (client, mut events) = AsyncClient::new(options, 64);
        let (tell, heard) = unbounded_channel();
        let polling = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(Packet::Publish(message)) = event {
                    let payload = String::from_utf8_lossy(&message.payload).into_owned();
                    let _ = tell.send((message.topic, payload));
                }
            }
        });
        Guest { id: id_of(&made), client, heard, kept: VecDeque::new(), polling }
    }

    async fn listen(&self, filter: &str) {
        self.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
    }

    async fn say(&self, topic: &str, payload: impl ToString, retain: bool) {
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload.to_string()).await.unwrap();
    }

    /// The payload of the next message on a topic; what comes on others is kept.
    async fn hears(&mut self, topic: &str) -> String {
        let on = |(known, _): &(String, String)| known == topic;
        if let Some(index) = self.kept.iter().position(on) {
            return self.kept.remove(index).unwrap().1;
        }
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.heard.recv()).await;
            let message = next.unwrap_or_else(|_| panic!("nothing on {topic}: {:?}", self.kept)).unwrap();
            if on(&message) {
                return message.1;
            }
            self.kept.push_back(message);
        }
    }
}

async fn state_becomes(world: &World, device: &str, expected: Value) {
    let look = async || world.get(format!("/api/iot/devices/{device}/state")).as_(Owner).expect(200).await;
    let is = |state: &Value| {
        let all = state["attributes"].as_array().unwrap();
        all.iter().any(|one| one["attribute"] == "OnOff.OnOff" && one["value"] == expected)
    };
    eventually("the value", look, is).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_of_another_maker_is_found_accepted_seen_and_switched() {
    let world = World::start().await;
    let mut lamp = Guest::new(&world, "lamp").await;
    lamp.listen("lamp/set").await;
    let about = json!({
        "name": null, "unique_id": "lamp1", "state_topic": "lamp/state", "command_topic": "lamp/set",
        "device": { "identifiers": ["lamp1"], "name": "aldgate hall lamp", "manufacturer": "Acme" },
    });
    lamp.say("homeassistant/switch/lamp1/config", about, true).await;
    lamp.say("lamp/state", "ON", true).await;
    let path = format!("/api/homes/{}/discovered", world.a.home);
    let look = async || world.get(path.clone()).as_(Owner).expect(200).await;
    let has_value = |inbox: &Value| inbox["items"][0]["values"][0]["value"] == true;
    let inbox = eventually("a device with its value in the inbox", look, has_value).await;
    let found = &inbox["items"][0];
    assert_eq!((found["name"].as_str(), found["vendor"].as_str()), (Some("aldgate hall lamp"), Some("Acme")));
    assert_eq!(found["suggested_room"], world.a.room, "by its name");
    world.get(path.clone()).as_(Neighbour).expect(404).await;

    let accept = format!("{path}/{}/accept", id_of(found));
    let accepted = world.post(accept).as_(Owner).json(json!({ "room": world.a.room })).expect(201).await;
    assert_eq!(accepted["origin"]["dialect"], "homeassistant");
    let device = id_of(&accepted);
    state_becomes(&world, &device, json!(true)).await;

    let submit = world.post(format!("/api/iot/devices/{device}/commands")).as_(Owner);
    let command = id_of(&submit.json(json!({ "name": "OnOff.Off" })).expect(202).await);
    assert_eq!(lamp.hears("lamp/set").await, "OFF");
    lamp.say("lamp/state", "OFF", true).await;
    let look = async || world.get(format!("/api/iot/commands/{command}")).as_(Owner).expect(200).await;
    eventually("the proof", look, |command| command["state"] == "confirmed").await;
    state_becomes(&world, &device, json!(false)).await;
    world.stop().await;
}

/// Its message opens the home's space, in which it is retained by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_device_of_a_trusted_client_is_accepted_like_the_others() {
    let world = World::start().await;
    let login = home_client(&world, &world.a.home, json!({ "name": "bridge", "trusted": true })).await;
    let mut bridge = dial(&world, None).await.unwrap();
    bridge.connect(hello("bridge", Some(login.login()))).await;
    let config = |n: u16| {
        let about = json!({
            "name": null, "unique_id": format!("meter{n}"), "state_topic": format!("meter/{n}"),
            "device_class": "power", "unit_of_measurement": "W",
            "device": { "identifiers": [format!("meter{n}")], "name": format!("meter {n}") },
        });
        let topic = format!("homeassistant/sensor/meter{n}/config");
        let message = publish(&topic, Qos::AtLeastOnce, n, about.to_string().as_bytes());
        lares_mqtt::codec::Packet::Publish(Publish { retain: true, ..message })
    };
    bridge.send((1..=3).map(config)).await;
    let devices = format!("/api/iot/devices?home={}&limit=100", world.a.home);
    let look = async || world.get(devices.clone()).as_(Owner).expect(200).await;
    let are_there = |page: &Value| (1..=3).all(|n| page.to_string().contains(&format!("\"meter {n}\"")));
    eventually("three devices that nobody was asked for", look, are_there).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_that_opted_in_tells_its_devices_and_takes_wishes() {
    let world = World::start().await;
    let mut assistant = Guest::new(&world, "assistant").await;
    assistant.listen("homeassistant/#").await;
    assistant.listen("lares/#").await;
    let home = format!("/api/homes/{}", world.a.home);
    world.patch(&home).as_(Owner).json(json!({ "export_homeassistant": true })).expect(200).await;
    let plug = world.a.plug.id.clone();
    let available = assistant.hears(&format!("lares/{plug}/availability")).await;
    assert!(["online", "offline"].contains(&available.as_str()), "{available}");
    let configured = assistant.kept.iter().filter(|(topic, _)| topic.contains(&format!("lares_{plug}")));
    assert!(configured.count() > 0, "{:?}", assistant.kept);

    assistant.say(&format!("lares/{plug}/1/OnOff/set"), "On", false).await;
    let look = async || {
        world.get(format!("/api/iot/devices/{plug}/commands")).as_(Owner).expect(200).await["items"].clone()
    };
    let commands = eventually("a command", look, |items| items[0].is_object()).await;
    assert_eq!(commands[0]["name"], "OnOff.On");
    assert_eq!(commands[0]["issuer"], json!({ "type": "mqtt_client", "id": assistant.id }));
    // Another home's device does not exist for it.
    assistant.say(&format!("lares/{}/1/OnOff/set", world.b.plug.id), "On", false).await;
    assistant.say(&format!("lares/{plug}/1/OnOff/set"), "Off", false).await;
    let look = async || {
        world.get(format!("/api/iot/devices/{plug}/commands")).as_(Owner).expect(200).await["items"].clone()
    };
    eventually("the second command", look, |items| items[1].is_object()).await;
    let theirs = world.get(format!("/api/iot/devices/{}/commands", world.b.plug.id)).as_(Neighbour);
    assert_eq!(theirs.expect(200).await["items"], json!([]));

    world.patch(&home).as_(Owner).json(json!({ "export_homeassistant": false })).expect(200).await;
    while !assistant.hears(&format!("lares/{plug}/availability")).await.is_empty() {}
    world.stop().await;
}

/// C06: within a second, whatever the client is doing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c06_a_home_client_that_is_removed_is_out_within_a_second() {
    let world = World::start().await;
    let mut guest = Guest::new(&world, "bridge").await;
    guest.listen("test/#").await;
    guest.say("test/a", "1", false).await;
    assert_eq!(guest.hears("test/a").await, "1");
    let begun = std::time::Instant::now();
    world.delete(format!("/api/mqtt-clients/{}", guest.id)).as_(Owner).expect(204).await;
    (&mut guest.polling).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    world.stop().await;
}
