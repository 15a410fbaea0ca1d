//! The browser's session: a cookie in place of a bearer token, taken for a change only from a page of this server.

use serde_json::json;

use super::world::*;

/// What the browser keeps: name and value, without the attributes.
fn cookie_of(reply: &Reply) -> String {
    reply.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

async fn sign_in(world: &World, over_tls: bool) -> Reply {
    let login = json!({ "email": Owner.email(), "password": PASSWORD });
    let call = world.post("/api/auth/session").json(login).header("sec-fetch-site", "same-origin");
    let reply = if over_tls { call.over_tls() } else { call }.send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_a_cookie_bound_to_its_connection() {
    let world = World::start().await;
    let plain = sign_in(&world, false).await;
    assert_eq!(plain.json["email"], Owner.email());
    let place = &plain.json["memberships"][0];
    assert_eq!(place["organisation"], world.a.organisation);
    assert_eq!(place["organisation_name"], "aldgate household");
    assert_eq!(place["role"], "owner");
    assert_eq!(plain.json["memberships"].as_array().unwrap().len(), 1);
    let set = plain.header("set-cookie");
    assert!(set.starts_with("lares=lares_") && !set.contains("Secure"), "{set}");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!plain.text.contains("lares_"), "the token is in the body: {}", plain.text);
    let secure = sign_in(&world, true).await;
    let set = secure.header("set-cookie");
    assert!(set.starts_with("__Host-lares=lares_") && set.ends_with("; Secure"), "{set}");

    let (plain, secure) = (cookie_of(&plain), cookie_of(&secure));
    let profile = |cookie: &str| world.get("/api/auth/profile").header("cookie", cookie);
    assert_eq!(profile(&plain).expect(200).await["email"], Owner.email());
    assert_eq!(profile(&secure).over_tls().expect(200).await["email"], Owner.email());
    profile(&plain).over_tls().expect(401).await;
    profile(&secure).expect(401).await;
    // A wrong bearer token is not made good by a cookie.
    profile(&plain).bearer("lares_wrong").expect(401).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cookie_changes_something_only_from_a_page_of_this_server() {
    let world = World::start().await;
    let cookie = cookie_of(&sign_in(&world, false).await);
    let host = world.http();
    let rename = |name: &str| {
        let call = world.patch(format!("/api/organisations/{}", world.a.organisation));
        call.header("cookie", &cookie).json(json!({ "name": name }))
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "http://127.0.0.1:1"),
        ("origin", "null"),
        ("x-nothing", "said"),
    ] {
        let reply = rename("forged").header(name, value).send().await;
        assert_eq!(reply.status, 403, "{name}: {value}: {}", reply.text);
    }
    let seen = world.get(format!("/api/organisations/{}", world.a.organisation)).as_(Owner).expect(200).await;
    assert_eq!(seen["name"], "aldgate household");
    rename("by site").header("sec-fetch-site", "same-origin").expect(200).await;
    rename("by origin").header("origin", &host).expect(200).await;

    // Reading is harmless, opening a socket is not.
    let read = || world.get("/api/homes").header("cookie", &cookie).header("origin", "https://evil.example");
    read().expect(200).await;
    read().header("connection", "upgrade").header("upgrade", "websocket").expect(403).await;
    let login = json!({ "email": Owner.email(), "password": PASSWORD });
    for page in [("sec-fetch-site", "same-site"), ("origin", "https://evil.example")] {
        world.post("/api/auth/session").json(login.clone()).header(page.0, page.1).expect(403).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_its_person_signs_out() {
    let world = World::start().await;
    let cookie = cookie_of(&sign_in(&world, false).await);
    let end = || world.delete("/api/auth/session").header("cookie", &cookie);
    end().expect(403).await;
    let ended = end().header("sec-fetch-site", "same-origin").send().await;
    assert_eq!(ended.status, 204);
    assert!(ended.header("set-cookie").starts_with("lares=; Max-Age=0"), "{}", ended.header("set-cookie"));
    world.get("/api/auth/profile").header("cookie", &cookie).expect(401).await;
    let wrong = json!({ "email": Owner.email(), "password": "wrong wrong wrong" });
    let refused = world.post("/api/auth/session").json(wrong).send().await;
    assert_eq!((refused.status, refused.header("set-cookie")), (401, ""));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_trusted_proxy_with_tls_the_cookie_is_a_secure_one() {
    let world =
        World::start_with(|config| config.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let login = json!({ "email": Owner.email(), "password": PASSWORD });
    let call = world.post("/api/auth/session").json(login).header("x-forwarded-proto", "https").send().await;
    assert!(call.header("set-cookie").starts_with("__Host-lares="), "{}", call.header("set-cookie"));
    world.stop().await;
    let world = World::start().await;
    let login = json!({ "email": Owner.email(), "password": PASSWORD });
    let call = world.post("/api/auth/session").json(login).header("x-forwarded-proto", "https").send().await;
    assert!(call.header("set-cookie").starts_with("lares="), "not from a trusted proxy");
    world.stop().await;
}
