//! G05 and G09: bounds on size, depth, time, connections and rates; whatever runs into one leaves the server to the
//! others.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::device::Login;
use super::world::*;

async fn dial(world: &World) -> TcpStream {
    TcpStream::connect(world.running().addresses.http.unwrap()).await.unwrap()
}

/// What the server says to these bytes until it closes.
async fn say(world: &World, bytes: &[u8]) -> String {
    let mut stream = dial(world).await;
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection was not closed");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn answers(world: &World) {
    world.get("/api/iot/devices").as_(Owner).expect(200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g05_bodies_are_bounded_in_size_and_depth() {
    let world = World::start().await;
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(1024 * 1024));
    for (path, content_type) in [
        ("/api/organisations", "application/json"),
        ("/api/iot/devices/register", "application/json"),
        ("/api/iot/devices/import", "text/csv"),
        ("/api/auth/login", "application/json"),
    ] {
        let reply = world.post(path).as_(Owner).raw(content_type, large.clone()).send().await;
        assert_eq!(reply.status, 413, "{path}: {}", reply.text);
        answers(&world).await;
    }
    // Bytes that look small and never end are counted, too.
    let mut stream = dial(&world).await;
    let head = format!(
        "POST /api/organisations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        world.token(Owner)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..64 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = vec![0; 64];
    let read = stream.read(&mut answer).await.unwrap_or_default();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.is_empty() || answer.contains(" 413 "), "{answer}");
    answers(&world).await;

    for deep in
        ["[".repeat(200_000), "{\"name\":".repeat(50_000), format!("{{\"args\":{}", "[".repeat(100_000))]
    {
        for path in ["/api/organisations", &format!("/api/iot/devices/{}/commands", world.a.plug.id)] {
            let reply = world.post(path).as_(Owner).raw("application/json", deep.clone()).send().await;
            assert!([400, 422].contains(&reply.status), "{}", reply.text);
        }
    }
    answers(&world).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g05_headers_are_bounded_in_number_size_and_time() {
    let world = World::start().await;
    let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-a: b\r\n".repeat(500));
    let long = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: {}\r\n\r\n", "b".repeat(2_000_000));
    let path = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(2_000_000));
    let garbage = "\0\u{1}\u{2}nonsense\r\n\r\n".to_owned();
    let slow = "GET /healthz HTTP/1.1\r\nhost: x\r\n".to_owned();
    // The slow one waits for its ten seconds while the others are tried.
    let slow = say(&world, slow.as_bytes());
    let others = async {
        for flood in [many, long, path, garbage] {
            let answer = say(&world, flood.as_bytes()).await;
            let refused =
                ["HTTP/1.1 400", "HTTP/1.1 431", "HTTP/1.1 414"].iter().any(|code| answer.starts_with(code));
            assert!(answer.is_empty() || refused, "{answer:.200}");
            answers(&world).await;
        }
    };
    let (slow, ()) = tokio::join!(slow, others);
    assert!(slow.is_empty() || slow.starts_with("HTTP/1.1 408"), "{slow}");
    // Smuggling: two lengths, or a length and chunks, are not guessed at.
    for twice in ["content-length: 5\r\ncontent-length: 6\r\n", "content-length: x\r\n"] {
        let answer = say(
            &world,
            format!("POST /api/organisations HTTP/1.1\r\nhost: x\r\n{twice}\r\nhello").as_bytes(),
        )
        .await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    answers(&world).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g05_too_many_connections_are_closed_and_places_come_back() {
    let world = World::start_with(|config| {
        config.http.connections_max = 8;
        config.mqtt.connections_max = 4;
    })
    .await;
    let http = world.running().addresses.http.unwrap();
    let mqtt = world.running().addresses.mqtt.unwrap();
    let (held, closed) = crowd(http, 30).await;
    assert!((22..30).contains(&closed), "{closed} of 30 were closed");
    drop(held);
    let look = async || dial_and_ask(&world).await;
    eventually("places come back", look, |answer| answer.contains("200 OK")).await;

    let (held, closed) = crowd(mqtt, 20).await;
    assert_eq!(closed, 16);
    assert!(world.try_connect(&Login::of(&world.a.plug)).await.is_err());
    drop(held);
    let look = async || world.try_connect(&Login::of(&world.a.plug)).await.is_ok();
    eventually("MQTT places come back", look, |let_in| *let_in).await;
    eventually("and HTTP answers", async || dial_and_ask(&world).await, |answer| answer.contains("200 OK"))
        .await;
    world.stop().await;
}

/// Idle connections, and how many of them the server closed.
async fn crowd(address: std::net::SocketAddr, count: usize) -> (Vec<TcpStream>, usize) {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    let mut closed = 0;
    for stream in &mut held {
        let read = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut [0; 1])).await;
        closed += usize::from(matches!(read, Ok(Ok(0) | Err(_))));
    }
    (held, closed)
}

async fn dial_and_ask(world: &World) -> String {
    let mut stream = dial(world).await;
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// CONNECT of MQTT 3.1.1 by hand.
fn connect_packet(login: &Login) -> Vec<u8> {
    let text = |text: &str| {
        let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes
    };
    let mut body = text("MQTT");
    body.extend([4, 0xC2, 0, 60]);
    for part in [&login.client_id, &login.username, &login.password] {
        body.extend(text(part));
    }
    let mut packet = vec![0x10, u8::try_from(body.len() % 128).unwrap()];
    if body.len() > 127 {
        packet[1] |= 0x80;
        packet.push(u8::try_from(body.len() / 128).unwrap());
    }
    packet.extend(body);
    packet
}

async fn raw_mqtt(world: &World, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(world.running().addresses.mqtt.unwrap()).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection was not closed");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g05_mqtt_packets_are_bounded() {
    let world = World::start().await;
    let login = Login::of(&world.a.plug);
    let mut flood = connect_packet(&login);
    // PUBLISH of almost 256 MB, announced: refused by its length, before any of it is taken.
    flood.extend([0x32, 0xFF, 0xFF, 0xFF, 0x7F]);
    let answer = raw_mqtt(&world, &flood).await;
    assert_eq!(&answer[..4], &[0x20, 2, 0, 0], "let in, then closed");
    let path = format!("/api/iot/devices/{}/diagnostics", world.a.plug.id);
    let look = async || world.get(&path).as_(Owner).expect(200).await["rejections"].to_string();
    eventually("the refusal is told", look, |told| told.contains("over the maximum")).await;
    // A stranger's CONNECT is held shorter; a length that never ends is no length; and what is no MQTT is closed.
    let mut long = login.clone();
    long.password = "x".repeat(60_000);
    let mut long_packet = connect_packet(&Login { password: String::new(), ..long.clone() });
    long_packet[1..3].copy_from_slice(&[0xFF, 0xFF]);
    for bytes in [
        long_packet.as_slice(),
        b"\x10\xff\xff\xff\xff\xff",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x30\x02\0\0",
        b"\0",
    ] {
        raw_mqtt(&world, bytes).await;
    }
    world.try_connect(&login).await.unwrap();
    answers(&world).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g09_rates_are_keyed_on_the_user_whatever_address_is_claimed() {
    let world = World::start_with(|config| config.limits.per_user_per_second = 10).await;
    // The owner's own furnishing is in the past: let the bucket fill.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut refused = 0;
    for number in 0..60 {
        let call =
            world.get("/api/auth/profile").as_(Owner).header("x-forwarded-for", &format!("10.0.0.{number}"));
        let reply = call.header("forwarded", &format!("for=10.0.1.{number}")).send().await;
        if reply.status == 429 {
            refused += 1;
            assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
        }
    }
    assert!(refused >= 20, "{refused} of 60 refused");
    let again = world.post("/api/auth/tokens").as_(Owner).json(json!({ "name": "x" })).send().await;
    assert_eq!(again.status, 429, "another route is in the same bucket");
    world.get("/api/auth/profile").as_(Neighbour).expect(200).await;
    world.get("/api/auth/profile").as_(Viewer).expect(200).await;
    let look = async || world.get("/api/auth/profile").as_(Owner).send().await.status;
    eventually("the bucket fills again", look, |status| *status == 200).await;
    assert!(world.metric("lares_http_rate_limited_total").await >= 20.0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g09_strangers_are_limited_by_network_and_do_not_shut_out_users() {
    let world = World::start_with(|config| config.limits.per_network_per_second = 5).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut refused = 0;
    for number in 0..40 {
        let call = world.get("/api/auth/profile").bearer("lares_wrong");
        let reply = call.header("x-forwarded-for", &format!("192.0.2.{number}")).send().await;
        assert!([401, 429].contains(&reply.status));
        refused += usize::from(reply.status == 429);
    }
    assert!(refused >= 15, "{refused} of 40 refused");
    answers(&world).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g09_a_trusted_proxy_tells_strangers_apart() {
    let world = World::start_with(|config| {
        config.limits.per_network_per_second = 5;
        config.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let flood = |address: &'static str| world.get("/healthz").header("x-forwarded-for", address);
    let mut refused = 0;
    for _ in 0..40 {
        refused += usize::from(flood("203.0.113.1").send().await.status == 429);
    }
    assert!(refused >= 15, "{refused} of 40 refused");
    flood("203.0.113.2").expect(200).await;
    // The rightmost hop is the proxy's own word; what the client wrote before it is not believed.
    assert_eq!(flood("203.0.113.77, 203.0.113.1").send().await.status, 429);
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g09_a03_sign_in_is_throttled_per_account_and_tells_nothing() {
    let world = World::start().await;
    let login = |email: &str, password: &str| {
        world.post("/api/auth/login").json(json!({ "email": email, "password": password }))
    };
    let wrong = login(Owner.email(), "wrong password here").send().await;
    let unknown = login("nobody@nowhere.example", "wrong password here").send().await;
    assert_eq!((wrong.status, &wrong.text), (401, &unknown.text));
    assert_eq!(unknown.status, 401);
    let names = |reply: &Reply| {
        let mut names: Vec<_> = reply.headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&wrong), names(&unknown));
    let mut statuses = Vec::new();
    for number in 0..14 {
        let call = login(&Owner.email().to_uppercase(), "wrong password here");
        let reply = call.header("x-forwarded-for", &format!("10.1.1.{number}")).send().await;
        assert!(reply.status == 401 || !reply.header("retry-after").is_empty(), "{}", reply.text);
        statuses.push(reply.status);
    }
    assert!(statuses[..4].iter().all(|status| *status == 401), "{statuses:?}");
    // Whoever goes on has to wait, longer each time.
    assert!(statuses.iter().filter(|status| **status == 429).count() >= 7, "{statuses:?}");
    while login(Owner.email(), "wrong password here").send().await.status != 429 {}
    // The right password does not help now, another account is untouched, and so is a session that stands.
    login(Owner.email(), PASSWORD).expect(429).await;
    login(Neighbour.email(), PASSWORD).expect(200).await;
    answers(&world).await;
    world.stop().await;
}
