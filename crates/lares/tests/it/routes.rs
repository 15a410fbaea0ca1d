//! B01 and G02: every route is in the one table, closed to strangers, and answers with the headers of all answers.

use lares_doors::http::{Declared, openapi_document};
use lares_model::access::Action;
use reqwest::Method;
use serde_json::Value;

use super::access::operations;
use super::world::*;

const SOME_ID: &str = "019e0000-0000-7000-8000-000000000000";

/// The router's own list, from the router that serves.
fn declared(world: &World) -> Vec<Declared> {
    let (ready, is_ready) = tokio::sync::watch::channel(true);
    drop(ready);
    let door = std::sync::Arc::new(lares_doors::http::DoorState {
        hub: world.running().hub.clone(),
        mqtt: world.running().mqtt.clone(),
        limits: lares_doors::http::Limiter::new(
            &lares_doors::http::RateLimits { per_user_per_second: 1, per_network_per_second: 1 },
            lares_doors::http::TrustedProxies::default(),
        ),
        live: lares_doors::http::LivePlaces::new(lares_doors::http::LiveLimits::default()),
        metrics: metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle(),
        ready: is_ready,
        openapi: "".into(),
        metrics_public: false,
        connection: lares_doors::http::ConnectionView::default(),
        mailbox: None,
    });
    lares_doors::http::router(&door, &lares_doors::http::HttpLimits::default()).1
}

fn concrete(path: &str) -> String {
    let mut path = path.to_owned();
    while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
        path.replace_range(start..=end, SOME_ID);
    }
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b01_every_route_is_in_the_table_and_in_the_document_with_its_action() {
    let world = World::start().await;
    let served = world.openapi().await;
    assert_eq!(served, serde_json::from_str::<Value>(&openapi_document()).unwrap());
    let declared = declared(&world);
    let operations = operations(&served);
    assert_eq!(declared.len(), operations.len());
    for route in &declared {
        let operation = &served["paths"][&route.path][route.method.to_lowercase()];
        let action = serde_json::to_value(route.action).unwrap();
        assert_eq!(operation["x-action"], action, "{} {}", route.method, route.path);
        // Said on every operation: an empty list is "none needed", a missing one would be "unknown".
        let open = operation["security"] == serde_json::json!([]);
        let expected = match route.action {
            Action::DeviceReport => {
                serde_json::json!([{ "device": [] }, { "deviceToken": [] }, { "deviceSignature": [] }])
            }
            _ => serde_json::json!([{ "bearer": [] }, { "session": [] }]),
        };
        assert!(open || operation["security"] == expected);
        assert_eq!(open, route.action == Action::Public, "{} {}", route.method, route.path);
    }
    // What needs no sign-in is this and no more.
    let mut public: Vec<_> = declared.iter().filter(|route| route.action == Action::Public).collect();
    public.sort_by(|a, b| a.path.cmp(&b.path));
    let public: Vec<_> = public.iter().map(|route| route.path.as_str()).collect();
    let expected = [
        "/",
        // What programs of others are told, and how they come for tokens.
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/api/auth/email-change/confirm",
        "/api/auth/login",
        "/api/auth/options",
        "/api/auth/passkeys/challenge",
        "/api/auth/passkeys/login",
        "/api/auth/passkeys/session",
        "/api/auth/password-reset",
        "/api/auth/password-reset/confirm",
        "/api/auth/providers",
        "/api/auth/providers/{key}/callback",
        "/api/auth/providers/{key}/start",
        "/api/auth/refresh",
        "/api/auth/register",
        "/api/auth/session",
        "/api/auth/verify-email",
        "/api/docs",
        "/api/docs/{file}",
        "/api/invitations/look",
        "/api/openapi.json",
        // Signed with a secret of its own.
        "/api/webhooks/{id}",
        "/healthz",
        "/metrics",
        // Who comes in there says so in the first MQTT packet.
        "/mqtt",
        "/oauth/authorize",
        "/oauth/authorize",
        "/oauth/continue",
        "/oauth/device_authorization",
        "/oauth/introspect",
        "/oauth/jwks",
        "/oauth/logout",
        "/oauth/logout",
        "/oauth/register",
        "/oauth/register/{id}",
        "/oauth/register/{id}",
        "/oauth/register/{id}",
        "/oauth/revoke",
        "/oauth/token",
        "/readyz",
    ];
    assert_eq!(public, expected);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b01_a_stranger_gets_401_from_every_route_that_is_not_public() {
    let world = World::start_with(|config| config.limits.per_network_per_second = 10_000).await;
    let long = "x".repeat(4_000);
    let wrong = ["Bearer", "Bearer ", "Basic b3duZXI6cHc=", "Bearer lares_0000", "lares_0000", &long];
    for route in declared(&world).iter().filter(|route| route.action != Action::Public) {
        let method: Method = route.method.parse().unwrap();
        for path in [concrete(&route.path), format!("{}/", concrete(&route.path))] {
            let reply = world.call(method.clone(), &path).send().await;
            assert_eq!(reply.status, 401, "{}: {}", reply.asked, reply.text);
            let by = if route.action == Action::DeviceReport { "Basic" } else { "Bearer" };
            assert!(reply.header("www-authenticate").starts_with(by), "{}", reply.asked);
        }
        for authorization in wrong {
            let call =
                world.call(method.clone(), concrete(&route.path)).header("authorization", authorization);
            assert_eq!(call.send().await.status, 401, "{authorization:?}");
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b01_what_is_not_in_the_table_does_not_exist() {
    let world = World::start().await;
    for path in
        ["/nothing", "/api", "/api/iot", "/api/iot/devices/x/y/z", "/.env", "/api/../etc/passwd", "/%2e%2e/x"]
    {
        for who in [Stranger, Owner] {
            let reply = world.get(path).as_(who).send().await;
            assert_eq!(reply.status, 404, "{}: {}", reply.asked, reply.text);
        }
    }
    let served = world.openapi().await;
    for (path, item) in served["paths"].as_object().unwrap() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            if item[method.to_lowercase()].is_object() {
                continue;
            }
            let reply = world.call(method.parse().unwrap(), concrete(path)).as_(Owner).send().await;
            assert_eq!(reply.status, 405, "{}: {}", reply.asked, reply.text);
            for known in item.as_object().unwrap().keys() {
                assert!(reply.header("allow").contains(&known.to_uppercase()), "{}", reply.asked);
            }
        }
    }
    world.stop().await;
}

/// What every answer carries is asserted on every answer of every test, see `Reply`; here are all routes once, and
/// errors of each sort.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g02_every_answer_has_the_security_headers_and_tokens_are_not_stored() {
    let world = World::start().await;
    let ends = |route: &Declared| route.path.ends_with("logout") || route.path.ends_with("session");
    for route in declared(&world).iter().filter(|route| !ends(route)) {
        let reply = world.call(route.method.parse().unwrap(), concrete(&route.path)).as_(Owner).send().await;
        assert!(reply.status < 500, "{}: {}", reply.asked, reply.text);
        // The portal holds nothing of anybody: a browser may keep it, and asks whether it is still the one.
        let kept = match route.path.as_str() {
            "/" => "no-cache",
            "/oauth/jwks" => "public, max-age=3600",
            path if path.starts_with("/.well-known/") => "public, max-age=3600",
            _ => "no-store",
        };
        assert_eq!(reply.header("cache-control"), kept, "{}", reply.asked);
        let policy = reply.header("content-security-policy");
        let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
        assert!(!scripts.contains("unsafe"), "{policy}");
        assert!(reply.header("server").is_empty(), "{} names its software", reply.asked);
        // Programs of others ask for their tokens from pages of their own, without cookies.
        let open = ["/oauth/jwks", "/oauth/token", "/oauth/userinfo", "/oauth/revoke"];
        let open = open.contains(&route.path.as_str()) || route.path.starts_with("/.well-known/");
        let allowed = if open { "*" } else { "" };
        assert_eq!(reply.header("access-control-allow-origin"), allowed, "{}", reply.asked);
        assert!(reply.header("access-control-allow-credentials").is_empty(), "{}", reply.asked);
    }
    for path in ["/api/docs/index.html", "/api/docs/swagger-ui.css", "/api/docs/nothing.js"] {
        let reply = world.get(path).over_tls().send().await;
        assert!([200, 404].contains(&reply.status), "{path}");
    }
    let login = serde_json::json!({ "email": Owner.email(), "password": PASSWORD });
    let reply = world.post("/api/auth/login").over_tls().json(login).send().await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
    assert!(reply.headers.get("set-cookie").is_none());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g03_another_sites_page_changes_nothing() {
    let world = World::start().await;
    let body = serde_json::json!({ "name": "forged" });
    let forged = world.post("/api/organisations").as_(Owner).header("sec-fetch-site", "cross-site");
    forged.json(body.clone()).expect(403).await;
    let own = world.post("/api/organisations").as_(Owner).header("sec-fetch-site", "same-origin");
    own.json(body).expect(201).await;
    let preflight =
        world.call(Method::OPTIONS, "/api/organisations").header("origin", "https://evil.example");
    let reply = preflight.header("access-control-request-method", "POST").send().await;
    assert!(reply.header("access-control-allow-origin").is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_answer_with_and_without_a_trailing_slash() {
    let world = World::start().await;
    for operation in operations(&world.openapi().await).iter().filter(|one| one.method == Method::GET) {
        let path = concrete(&operation.path);
        if path == "/" {
            continue;
        }
        let plain = world.get(&path).as_(Owner).send().await;
        let slashed = world.get(format!("{path}/")).as_(Owner).send().await;
        assert_eq!(plain.status, slashed.status, "{path}");
        assert_eq!(plain.header("content-type"), slashed.header("content-type"), "{path}");
        let asked = world.get(format!("{path}/?limit=1")).as_(Owner).send().await;
        assert_ne!(asked.status, 404 * u16::from(plain.status == 200), "{path}");
    }
    world.stop().await;
}
