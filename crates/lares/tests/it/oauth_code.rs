//! A13: the authorization code flow, with everything that is refused on the way.

use serde_json::json;

use super::oauth_world::*;
use super::world::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_a_person_lets_a_program_in() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let ticket = ticket(&world, request(&program, &[])).await;
    let look = || world.post("/api/oauth/request").in_person(Viewer).json(json!({ "request": ticket }));
    let shown = look().expect(200).await;
    assert_eq!(shown["client"]["name"], "Voice");
    assert_eq!(shown["client"]["first_party"], true);
    assert_eq!(shown["redirect_host"], "voice.example");
    let asked = json!([{ "name": "openid" }, { "name": "offline_access" }, { "name": "homes:read" }]);
    assert_eq!((&shown["scopes"], &shown["redirect_to"]), (&asked, &json!(null)));

    let to = answer(&world, Viewer, &ticket, true).await;
    assert!(to.starts_with("https://voice.example/cb?code="), "{to}");
    assert_eq!(parameter(&to, "state").as_deref(), Some("s t"));
    assert_eq!(parameter(&to, "iss"), Some(issuer(&world)));
    look().expect(404).await;

    let reply = exchange(&world, &program, &parameter(&to, "code").unwrap()).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{}", reply.text);
    let tokens = reply.json;
    assert_eq!(tokens["scope"], "openid offline_access homes:read");
    let id = claims_of(text(&tokens, "id_token"));
    assert_eq!(
        (&id["nonce"], &id["aud"], &id["iss"]),
        (&json!("n"), &json!(program.id), &json!(issuer(&world)))
    );
    let access = text(&tokens, "access_token");
    let claims = claims_of(access);
    assert_eq!(claims["aud"], format!("{}/api", issuer(&world)));
    assert_eq!(claims["client_id"], program.id);
    let said = world.get("/oauth/userinfo").bearer(access).expect(200).await;
    assert_eq!(said, json!({ "sub": id["sub"] }), "profile and email were not asked for");

    // It sees what the person sees, and does nothing that was not asked for.
    world.get("/api/homes").bearer(access).expect(200).await;
    let command = world.post(format!("/api/iot/devices/{}/commands", world.a.lock.id)).bearer(access);
    let refused = command.json(json!({ "name": "DoorLock.LockDoor" })).send().await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert!(refused.header("www-authenticate").contains("insufficient_scope"), "{refused:?}");
    // Nor does it make programs that would outlive it.
    let wide =
        client(&world, Owner, web_client_with(json!({ "scopes": ["offline_access", "homes:manage"] }))).await;
    let managing = code(&world, &wide, &[("scope", "homes:manage")]).await;
    let managing = exchange(&world, &wide, &managing).await.json;
    for path in ["oauth-clients", "oauth-registration-tokens"] {
        let call = world.post(format!("/api/organisations/{}/{path}", world.a.organisation));
        call.bearer(text(&managing, "access_token")).json(web_client()).expect(403).await;
    }
    for path in ["/api/oauth/request", "/api/oauth/request/decision"] {
        let forged = json!({ "request": "x", "allow": true });
        world.post(path).bearer(access).json(forged).expect(403).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_what_is_wrong_goes_back_to_the_program_or_nowhere() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let stranger = Program { id: world.a.home.clone(), secret: String::new() };
    for path in [
        request(&stranger, &[]),
        request(&program, &[("client_id", "x")]),
        request(&program, &[("redirect_uri", "https://voice.example/cb/")]),
        request(&program, &[("redirect_uri", "https://evil.example/cb")]),
        request(&program, &[("redirect_uri", "")]),
        format!("{}&state=again", request(&program, &[])),
    ] {
        let reply = world.get(path.as_str()).send().await;
        assert_eq!((reply.status, reply.header("location")), (400, ""), "{}", reply.asked);
        assert_eq!(reply.json["error"], "invalid_request");
        let browser = world.get(path).header("accept", "text/html,*/*;q=0.8").send().await;
        assert_eq!(browser.status, 303, "{}", browser.asked);
        let told = ["/app-refused", "/app-refused?wrong=client_id", "/app-refused?wrong=redirect_uri"];
        assert!(told.contains(&browser.header("location")), "{}", browser.header("location"));
    }
    for (change, error) in [
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "openid doors:unlock"), "invalid_scope"),
        (("scope", "account:manage"), "invalid_scope"),
        (("resource", "https://other.example/"), "invalid_target"),
        (("request", "eyJhbGciOiJub25lIn0.e30."), "request_not_supported"),
        (("prompt", "none login"), "invalid_request"),
    ] {
        let reply = world.get(request(&program, &[change])).send().await;
        let to = reply.header("location");
        assert_eq!((reply.status, parameter(to, "error").as_deref()), (303, Some(error)), "{change:?}");
        assert!(to.starts_with("https://voice.example/cb?"), "{to}");
        assert_eq!(parameter(to, "iss"), Some(issuer(&world)));
        assert_eq!(parameter(to, "state").as_deref(), Some("s t"));
    }
    let ticket = ticket(&world, request(&program, &[])).await;
    let to = answer(&world, Owner, &ticket, false).await;
    assert_eq!(parameter(&to, "error").as_deref(), Some("access_denied"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_a_code_is_good_once_for_its_client_and_its_verifier() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let other = client(&world, Owner, web_client()).await;
    let first = code(&world, &program, &[]).await;
    for bad in ["", "x", "a.b.c", &first[..first.len() - 1]] {
        assert_eq!(exchange(&world, &program, bad).await.status, 400, "{bad}");
    }
    let stolen = exchange(&world, &other, &first).await;
    assert_eq!((stolen.status, &stolen.json["error"]), (400, &json!("invalid_grant")));
    let tokens = exchange(&world, &program, &first).await.json;
    let access = text(&tokens, "access_token").to_owned();
    world.get("/api/homes").bearer(&access).expect(200).await;

    // A second time: whoever has it, has it wrongly, and what came of it ends.
    let again = exchange(&world, &program, &first).await;
    assert_eq!((again.status, &again.json["error"]), (400, &json!("invalid_grant")));
    world.get("/api/homes").bearer(&access).expect(401).await;
    assert_eq!(refresh(&world, &program, text(&tokens, "refresh_token")).await.status, 400);

    let second = code(&world, &program, &[]).await;
    let verifier = "x".repeat(43);
    let form = [("grant_type", "authorization_code"), ("code", &second), ("code_verifier", &verifier)];
    let wrong = world.post("/oauth/token").basic(&program).form(&form).send().await;
    assert_eq!((wrong.status, &wrong.json["error"]), (400, &json!("invalid_grant")));
    assert_eq!(exchange(&world, &program, &second).await.status, 400, "one try");
    let third = code(&world, &program, &[]).await;
    let unproved = [("grant_type", "authorization_code"), ("code", &third)];
    let reply = world.post("/oauth/token").basic(&program).form(&unproved).send().await;
    assert_eq!((reply.status, &reply.json["error"]), (400, &json!("invalid_request")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_proves_itself_as_it_registered() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let public =
        client(&world, Owner, web_client_with(json!({ "token_endpoint_auth_method": "none" }))).await;
    let form = |pairs: &[(&str, &str)]| {
        let mut all = vec![("grant_type", "refresh_token"), ("refresh_token", "x")];
        all.extend_from_slice(pairs);
        world.post("/oauth/token").form(&all)
    };
    let (id, secret) = (program.id.as_str(), program.secret.as_str());
    for call in [
        form(&[]),
        form(&[("client_id", id)]),
        form(&[("client_id", id), ("client_secret", secret)]),
        form(&[("client_id", &public.id), ("client_secret", "x")]),
        form(&[("client_id", &world.a.home)]),
        form(&[]).basic(&Program { secret: "wrong".to_owned(), ..program.clone() }),
        form(&[]).header("authorization", "Basic !"),
    ] {
        let reply = call.send().await;
        assert_eq!((reply.status, &reply.json["error"]), (401, &json!("invalid_client")), "{}", reply.text);
    }
    let twice = form(&[("client_id", id), ("client_secret", secret)]).basic(&program).send().await;
    assert_eq!((twice.status, &twice.json["error"]), (400, &json!("invalid_request")));
    for call in [form(&[]).basic(&program), form(&[("client_id", &public.id)])] {
        let reply = call.send().await;
        assert_eq!((reply.status, &reply.json["error"]), (400, &json!("invalid_grant")), "{}", reply.text);
    }
    let json = world.post("/oauth/token").json(json!({ "grant_type": "refresh_token" })).send().await;
    assert_eq!(json.status, 415);

    // Another secret, and both for a while.
    let path = format!("/api/oauth-clients/{id}/secret");
    let rotated = world.post(&path).as_(Owner).json(json!({ "overlap_s": 60 })).expect(201).await;
    let next = Program { secret: text(&rotated, "client_secret").to_owned(), ..program.clone() };
    for known in [&program, &next] {
        assert_eq!(form(&[]).basic(known).send().await.status, 400);
    }
    world.post(&path).as_(Owner).json(json!({})).expect(201).await;
    for gone in [&program, &next] {
        assert_eq!(form(&[]).basic(gone).send().await.status, 401);
    }
    let shown = world.get(format!("/api/oauth-clients/{id}")).as_(Owner).send().await;
    assert!(!shown.text.contains("secret\""), "{}", shown.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consent_is_remembered_and_asked_for_again_when_scopes_grow() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    code(&world, &program, &[]).await;
    let look = async |change: &[(&str, &str)]| {
        let ticket = ticket(&world, request(&program, change)).await;
        world.post("/api/oauth/request").in_person(Owner).json(json!({ "request": ticket })).send().await
    };
    let known = look(&[]).await;
    let to = text(&known.json, "redirect_to").to_owned();
    assert_eq!(exchange(&world, &program, &parameter(&to, "code").unwrap()).await.status, 200);
    for change in [("scope", "openid homes:read email"), ("prompt", "consent")] {
        assert!(look(&[change]).await.json["redirect_to"].is_null(), "{change:?}");
    }
    let login = look(&[("prompt", "login")]).await;
    assert_eq!((login.status, &login.json["type"]), (401, &json!("/docs/problems#step-up")));
    let aged = look(&[("max_age", "0")]).await;
    assert_eq!(aged.status, 401);
    let apps = world.get("/api/auth/connected-apps").as_(Owner).expect(200).await;
    assert_eq!(apps[0]["client_id"], program.id);
    assert_eq!(apps[0]["scopes"], json!(["openid", "offline_access", "homes:read"]));

    // A person may give less than was asked for.
    let ticket = ticket(&world, request(&program, &[("prompt", "consent")])).await;
    let too_much = json!({ "request": ticket, "allow": true, "scopes": ["devices:control"] });
    let decision = || world.post("/api/oauth/request/decision").in_person(Owner);
    decision().json(too_much).expect(422).await;
    let less = json!({ "request": ticket, "allow": true, "scopes": ["openid"] });
    let to = decision().json(less).expect(200).await;
    let given = exchange(&world, &program, &parameter(text(&to, "redirect_to"), "code").unwrap()).await.json;
    assert_eq!((&given["scope"], &given["refresh_token"]), (&json!("openid"), &json!(null)));

    let access = text(&given, "access_token");
    world.get("/oauth/userinfo").bearer(access).expect(200).await;
    let path = format!("/api/auth/connected-apps/{}", program.id);
    world.delete(&path).as_(Viewer).expect(404).await;
    world.delete(&path).as_(Owner).expect(204).await;
    world.get("/oauth/userinfo").bearer(access).expect(401).await;
    assert!(look(&[]).await.json["redirect_to"].is_null(), "it has to ask again");
    world.stop().await;
}

/// The browser's own session.
async fn cookie(world: &World) -> String {
    let login = json!({ "email": Owner.email(), "password": PASSWORD });
    let call = world.post("/api/auth/session").json(login).header("sec-fetch-site", "same-origin");
    let reply = call.send().await;
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// Where a page that goes on by itself goes.
fn goes_on(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}: {}", reply.asked, reply.text);
    let after = reply.text.split("content=\"0;url=").nth(1).unwrap();
    after.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_asking_only_what_is_settled_is_granted() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let cookie = cookie(&world).await;
    let silent = async |cookie: Option<&str>| {
        let page = world.get(request(&program, &[("prompt", "none")])).send().await;
        let call = world.get(goes_on(&page));
        let call = cookie.into_iter().fold(call, |call, cookie| call.header("cookie", cookie));
        let reply = call.send().await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.header("location").to_owned()
    };
    let error = |to: &str| parameter(to, "error").unwrap_or_default();
    assert_eq!(error(&silent(None).await), "login_required");
    assert_eq!(error(&silent(Some(&cookie)).await), "consent_required");
    code(&world, &program, &[]).await;
    let to = silent(Some(&cookie)).await;
    assert_eq!(exchange(&world, &program, &parameter(&to, "code").unwrap()).await.status, 200);
    world.get("/oauth/continue?request=unknown").expect(400).await;
    world.get("/oauth/continue").expect(400).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_of_a_program_signs_out_of_the_browser() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let cookie = cookie(&world).await;
    let tokens = tokens(&world, &program).await;
    let hint = text(&tokens, "id_token");
    let logout = |pairs: &[(&str, &str)]| {
        world.get(format!("/oauth/logout?{}", serde_urlencoded::to_string(pairs).unwrap()))
    };
    let bye = ("post_logout_redirect_uri", "https://voice.example/bye");
    for bad in [
        vec![("id_token_hint", "x")],
        vec![("id_token_hint", text(&tokens, "access_token"))],
        vec![("id_token_hint", hint), ("post_logout_redirect_uri", "https://evil.example/")],
        vec![("id_token_hint", hint), ("client_id", &world.a.home)],
    ] {
        assert_eq!(logout(&bad).send().await.status, 400, "{bad:?}");
    }
    // A hint whose key is gone proves as little as none, and is no mistake of the program's.
    let key = Key::new();
    let gone = key.sign(&json!({ "alg": "ES256", "typ": "JWT", "kid": "gone" }), &claims_of(hint));
    let unproved = logout(&[("id_token_hint", &gone), bye]).send().await;
    assert_eq!((unproved.status, unproved.header("location")), (303, "/"), "{}", unproved.text);
    let unproved = logout(&[bye]).send().await;
    assert_eq!((unproved.status, unproved.header("location")), (303, "/"));
    world.get("/api/auth/profile").header("cookie", &cookie).expect(200).await;

    let page = logout(&[("id_token_hint", hint), bye, ("state", "z")]).send().await;
    let next = goes_on(&page);
    let out = world.get(&next).header("cookie", &cookie).send().await;
    assert_eq!((out.status, out.header("location")), (303, "https://voice.example/bye?state=z"));
    assert!(out.header("set-cookie").starts_with("lares=; Max-Age=0"), "{}", out.header("set-cookie"));
    world.get("/api/auth/profile").header("cookie", &cookie).expect(401).await;
    world.get("/api/homes").bearer(text(&tokens, "access_token")).expect(401).await;
    world.get(&next).expect(400).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_disabled_narrowed_or_removed_ends_what_it_was_let_in_to() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let path = format!("/api/oauth-clients/{}", program.id);
    let change = |body| world.patch(&path).as_(Owner).json(body);
    for (body, back) in [
        (json!({ "disabled": true }), json!({ "disabled": false })),
        (json!({ "scopes": ["openid"] }), web_client_with(json!({}))),
    ] {
        let tokens = tokens(&world, &program).await;
        change(json!({ "name": "Renamed" })).expect(200).await;
        world.get("/api/homes").bearer(text(&tokens, "access_token")).expect(200).await;
        change(body).expect(200).await;
        world.get("/api/homes").bearer(text(&tokens, "access_token")).expect(401).await;
        let back = if back["name"].is_string() { json!({ "scopes": back["scopes"] }) } else { back };
        change(back).expect(200).await;
        assert_eq!(refresh(&world, &program, text(&tokens, "refresh_token")).await.status, 400);
    }
    let tokens = tokens(&world, &program).await;
    change(json!({ "redirect_uris": ["http://evil.example/"] })).expect(422).await;
    world.delete(&path).as_(Neighbour).expect(404).await;
    world.delete(&path).as_(Owner).expect(204).await;
    world.get("/api/homes").bearer(text(&tokens, "access_token")).expect(401).await;
    world.get(request(&program, &[])).expect(400).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_origins_may_ask_without_cookies() {
    let world = World::start().await;
    let program =
        client(&world, Owner, web_client_with(json!({ "token_endpoint_auth_method": "none" }))).await;
    let page = "https://spa.example";
    for path in
        ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oauth/jwks"]
    {
        let reply = world.get(path).header("origin", page).send().await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, "*"), "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), "");
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", program.id.as_str())];
    let call = world.post("/oauth/token").form(&form).header("origin", page);
    let reply = call.header("sec-fetch-site", "cross-site").send().await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (400, "*"), "{}", reply.text);
    let asks = |path: &str| {
        let call = world.call(reqwest::Method::OPTIONS, path).header("origin", page);
        call.header("access-control-request-method", "POST")
    };
    let told = asks("/oauth/userinfo").send().await;
    assert_eq!((told.status, told.header("access-control-allow-origin")), (204, "*"));
    assert!(told.header("access-control-allow-headers").contains("Authorization"));
    for closed in ["/api/homes", "/oauth/introspect", "/api/oauth/request"] {
        assert_eq!(asks(closed).send().await.header("access-control-allow-origin"), "", "{closed}");
        let forged = world.post(closed).header("sec-fetch-site", "cross-site").send().await;
        assert_eq!(forged.status, 403, "{closed}");
    }
    world.stop().await;
}
