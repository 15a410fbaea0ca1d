//! The MQTT wall: who is let in, and that a device reaches its own topics and nothing else. Generated from the table
//! of topics.

use lares_doors::mqtt::topics::{Direction, TABLE};
use lares_model::protocol::Channel;
use serde_json::json;

use super::device::Login;
use super::world::*;

async fn refusal(world: &World, login: Login) -> String {
    match world.try_connect(&login).await {
        Ok(_) => panic!("let in: {login:?}"),
        Err(why) => why,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_stay_outside() {
    let world = World::start().await;
    let good = Login::of(&world.a.plug);
    let deleted = world.register(Owner, &world.a.home, "gone", &["OnOff"]).await;
    world.delete(format!("/api/iot/devices/{}", deleted.id)).as_(Owner).expect(204).await;
    let rotated = world.register(Owner, &world.a.home, "rotated", &["OnOff"]).await;
    world.post(format!("/api/iot/devices/{}/credentials", rotated.id)).as_(Owner).expect(200).await;
    let made_up = "019e0000-0000-7000-8000-000000000000".to_owned();
    let with_password = |password: &str| Login { password: password.to_owned(), ..good.clone() };
    let named = |username: &str| Login { username: username.to_owned(), ..good.clone() };
    let cases = [
        ("no password", with_password("")),
        ("wrong password", with_password("wrong")),
        ("another device's password", with_password(&world.a.lock.password)),
        ("password with something behind it", with_password(&format!("{} ", world.a.plug.password))),
        ("unknown device", Login { username: made_up.clone(), client_id: made_up, ..good.clone() }),
        ("deleted device", Login::of(&deleted)),
        ("rotated credentials", Login::of(&rotated)),
        ("a person", Login { password: PASSWORD.to_owned(), ..named(Owner.email()) }),
        ("an API token", Login { password: world.token(Owner).to_owned(), ..good.clone() }),
        ("another spelling of the id", named(&world.a.plug.id.to_uppercase().replace("-", ""))),
        ("no user", named("")),
    ];
    for (what, login) in cases {
        for tls in [false, true] {
            let why = refusal(&world, Login { tls, ..login.clone() }).await;
            assert!(why.contains("BadUserNamePassword"), "{what}: {why}");
        }
    }
    assert!(world.metric("lares_mqtt_violations_total").await >= 22.0);
    world.try_connect(&good).await.unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b01_c07_a_device_reaches_its_own_topics_and_nothing_else() {
    let world = World::start().await;
    let others = [&world.b.plug.id, &world.a.lock.id, "019e0000-0000-7000-8000-000000000000", "+", "#", ""];
    let own = world.a.plug.id.as_str();
    let mut publish = vec!["$SYS/broker/load".to_owned(), "lares".to_owned(), "a".to_owned(), "/".to_owned()];
    let mut subscribe: Vec<String> = [
        "#",
        "+",
        "+/#",
        "lares/#",
        "lares/devices/#",
        "lares/devices/+/command",
        "lares/+/+/command",
        "$SYS/#",
        "$share/g/#",
        "$share/g/lares/devices/+/command",
        "$queue/lares",
        "/#",
    ]
    .map(str::to_owned)
    .to_vec();
    subscribe.push(format!("lares/devices/{own}/#"));
    subscribe.push(format!("lares/devices/{own}/+"));
    subscribe.push(format!("$share/g/lares/devices/{own}/command"));
    for (channel, direction, _) in TABLE {
        let name = channel.name();
        let spelt = [
            format!("lares/devices/{}/{name}", own.to_uppercase()),
            format!("/lares/devices/{own}/{name}"),
            format!("lares/devices/{own}/{name}/"),
            format!("lares/devices/{own}/{}", name.to_uppercase()),
        ];
        publish.extend(spelt.iter().cloned());
        subscribe.extend(spelt);
        for other in others {
            let topic = format!("lares/devices/{other}/{name}");
            subscribe.push(topic.clone());
            if !other.contains(['+', '#']) {
                publish.push(topic);
            }
        }
        let wrong_way = format!("lares/devices/{own}/{name}");
        if direction == Direction::Up { subscribe.push(wrong_way) } else { publish.push(wrong_way) }
    }
    for filter in &subscribe {
        // One connection each: some of these end it.
        let mut plug = world.try_connect(&Login::of(&world.a.plug)).await.unwrap();
        let reasons = plug.subscribe(filter).await;
        assert!(!reasons.contains("Success"), "{filter:?}: {reasons}");
    }
    for topic in &publish {
        let mut plug = world.try_connect(&Login::of(&world.a.plug)).await.unwrap();
        let reason = plug.publish(topic, r#"{"v":1,"readings":[]}"#).await;
        assert_ne!(reason, "Success", "{topic:?}");
        drop(plug);
        let login = Login { will_topic: Some(topic.clone()), ..Login::of(&world.a.plug) };
        let why = refusal(&world, login).await;
        assert!(
            why.contains("NotAuthorized") || why.contains("Malformed") || why.contains("Invalid"),
            "{topic:?}: {why}"
        );
    }
    // What is its own works, so that the above says something.
    let mut plug = world.try_connect(&Login::of(&world.a.plug)).await.unwrap();
    for (channel, direction, _) in TABLE {
        let topic = channel.topic(own.parse().unwrap());
        match direction {
            Direction::Up => assert_eq!(plug.publish(&topic, "{}").await, "Success", "{topic}"),
            Direction::Down => assert!(plug.subscribe(&topic).await.contains("Success"), "{topic}"),
        }
    }
    let will = Channel::Event.topic(own.parse().unwrap());
    world.try_connect(&Login { will_topic: Some(will), ..Login::of(&world.a.plug) }).await.unwrap();
    // Nothing of it reached anybody else.
    for (who, device) in [(Neighbour, &world.b.plug), (Owner, &world.a.lock)] {
        let path = format!("/api/iot/devices/{}/diagnostics", device.id);
        let counts = world.get(path).as_(who).expect(200).await["counts"].clone();
        assert_eq!(counts["records"], 0, "{counts}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_on_the_devices_own_diagnostics() {
    let world = World::start().await;
    let mut plug = world.try_connect(&Login::of(&world.a.plug)).await.unwrap();
    plug.subscribe(&format!("lares/devices/{}/command", world.b.plug.id)).await;
    let path = format!("/api/iot/devices/{}/diagnostics", world.a.plug.id);
    let look = async || world.get(&path).as_(Owner).expect(200).await["rejections"].clone();
    let told = eventually("the refusal is told", look, |told| *told != json!([])).await;
    assert!(told[0]["reason"].as_str().unwrap().contains("may not subscribe"), "{told}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_connection_of_a_device_takes_over() {
    let world = World::start().await;
    let mut first = world.connect(&world.a.plug).await;
    let second = world.connect(&world.a.plug).await;
    first.ended().await;
    let path = format!("/api/iot/devices/{}", world.a.plug.id);
    let presence = async || world.get(&path).as_(Owner).expect(200).await["presence"]["status"].clone();
    eventually("online", presence, |status| status == "online").await;
    drop(second);
    world.stop().await;
}
