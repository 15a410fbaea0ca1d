//! A08 and A15: refresh tokens that are replaced at every use, and what a client learns of tokens and may do to them.

use serde_json::{Value, json};

use super::oauth_world::*;
use super::world::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a08_twenty_parallel_refreshes_with_one_token_give_one_token() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let tokens = tokens(&world, &program).await;
    let first = text(&tokens, "refresh_token");
    let all = futures_util::future::join_all((0..20).map(|_| refresh(&world, &program, first))).await;
    // Within 10 s the same client's repetition gets the same answer, as after a lost one.
    let mut next: Vec<_> = all.iter().map(|reply| text(&reply.json, "refresh_token")).collect();
    next.sort_unstable();
    next.dedup();
    assert_eq!(next.len(), 1, "{next:?}");
    assert_ne!(next[0], first);

    // The family goes on with it, and ends with the first token's next return.
    let third = refresh(&world, &program, next[0]).await;
    assert_eq!(third.status, 200, "{}", third.text);
    let access = text(&third.json, "access_token").to_owned();
    world.get("/api/homes").bearer(&access).expect(200).await;
    let reused = refresh(&world, &program, first).await;
    assert_eq!((reused.status, &reused.json["error"]), (400, &json!("invalid_grant")));
    world.get("/api/homes").bearer(&access).expect(401).await;
    let gone = refresh(&world, &program, text(&third.json, "refresh_token")).await;
    assert_eq!(gone.status, 400);
    let log = world.running().hub.store.clone();
    let owner = claims_of(&access)["sub"].as_str().unwrap().parse().unwrap();
    let page = lares_store::Page { after: None, limit: 10 };
    let kinds = lares_store::account_log::list(&log, owner, page).await.unwrap();
    assert!(kinds.iter().any(|entry| entry.kind == "refresh_token_reused"), "{kinds:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a08_the_apps_own_refresh_is_held_to_the_same() {
    let world = World::start().await;
    let login = json!({ "email": Owner.email(), "password": PASSWORD });
    let tokens = world.post("/api/auth/login").json(login).expect(200).await;
    let first = text(&tokens, "refresh_token");
    let again = |token: &str| world.post("/api/auth/refresh").json(json!({ "refresh_token": token }));
    let all = futures_util::future::join_all((0..20).map(|_| again(first).expect(200))).await;
    assert!(all.iter().all(|one| one["refresh_token"] == all[0]["refresh_token"]));
    again(text(&all[0], "refresh_token")).expect(200).await;
    again(first).expect(401).await;
    again(text(&all[0], "refresh_token")).expect(401).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_may_ask_for_less_and_never_for_more() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let tokens = tokens(&world, &program).await;
    let token = text(&tokens, "refresh_token");
    let ask = |scope: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
        world.post("/oauth/token").basic(&program).form(&form)
    };
    for bad in ["openid devices:control", "nonsense"] {
        let refused = ask(bad).send().await;
        assert_eq!((refused.status, &refused.json["error"]), (400, &json!("invalid_scope")), "{bad}");
    }
    let less = ask("openid").expect(200).await;
    assert_eq!(less["scope"], "openid");
    world.get("/api/homes").bearer(text(&less, "access_token")).expect(403).await;
    assert_eq!(claims_of(text(&less, "id_token"))["nonce"], Value::Null);
    let all = refresh(&world, &program, text(&less, "refresh_token")).await.json;
    assert_eq!(all["scope"], "openid offline_access homes:read");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a15_a_client_is_told_of_its_own_tokens_alone() {
    let world = World::start().await;
    let (own, other) =
        (client(&world, Owner, web_client()).await, client(&world, Neighbour, web_client()).await);
    let public = web_client_with(json!({ "token_endpoint_auth_method": "none" }));
    let public = client(&world, Owner, public).await;
    let tokens = tokens(&world, &own).await;
    let ask = |by: &Program, token: &str| world.post("/oauth/introspect").basic(by).form(&[("token", token)]);
    for name in ["access_token", "refresh_token"] {
        let token = text(&tokens, name);
        let told = ask(&own, token).expect(200).await;
        assert_eq!((&told["active"], &told["client_id"]), (&json!(true), &json!(own.id)), "{told}");
        assert_eq!(told["scope"], "openid offline_access homes:read");
        // Others learn nothing, not even that there is such a token.
        assert_eq!(ask(&other, token).expect(200).await, json!({ "active": false }));
    }
    let session = world.token(Owner).to_owned();
    for nothing in ["x", &session, text(&tokens, "id_token")] {
        assert_eq!(ask(&own, nothing).expect(200).await, json!({ "active": false }), "{nothing}");
    }
    let token = text(&tokens, "access_token");
    for stranger in [
        world.post("/oauth/introspect").form(&[("token", token)]),
        world.post("/oauth/introspect").form(&[("token", token), ("client_id", &public.id)]),
        world.post("/oauth/introspect").form(&[("token", token)]).bearer(token),
        ask(&Program { secret: "wrong".to_owned(), ..own.clone() }, token),
        world.post("/oauth/revoke").form(&[("token", token)]),
        world.post("/oauth/revoke").form(&[("token", token)]).bearer(token),
    ] {
        assert_eq!(stranger.send().await.status, 401);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a15_a_client_gives_back_its_own_tokens_alone() {
    let world = World::start().await;
    let (own, other) = (client(&world, Owner, web_client()).await, client(&world, Owner, web_client()).await);
    let give_back =
        |by: &Program, token: &str| world.post("/oauth/revoke").basic(by).form(&[("token", token)]);
    for name in ["refresh_token", "access_token"] {
        let tokens = tokens(&world, &own).await;
        let (token, access) = (text(&tokens, name), text(&tokens, "access_token"));
        for (by, nothing) in [(&other, token), (&own, "x"), (&own, "lares_rt_AAAA")] {
            give_back(by, nothing).expect(200).await;
        }
        world.get("/api/homes").bearer(access).expect(200).await;
        give_back(&own, token).expect(200).await;
        world.get("/api/homes").bearer(access).expect(401).await;
        assert_eq!(refresh(&world, &own, text(&tokens, "refresh_token")).await.status, 400);
        let form = [("token", token)];
        let told = world.post("/oauth/introspect").basic(&own).form(&form).expect(200).await;
        assert_eq!(told, json!({ "active": false }));
    }
    world.stop().await;
}
