//! Programs that register themselves (RFC 7591) and manage their registration (RFC 7592).

use serde_json::{Value, json};

use super::oauth_world::*;
use super::world::*;

async fn initial(world: &World) -> String {
    let path = format!("/api/organisations/{}/oauth-registration-tokens", world.a.organisation);
    let made = world.post(&path).as_(Owner).expect(201).await;
    world.post(&path).as_(Viewer).expect(403).await;
    text(&made, "token").to_owned()
}

fn metadata() -> Value {
    json!({ "client_name": "Voice", "redirect_uris": [CALLBACK], "unknown_member": 1,
        "scope": "openid offline_access homes:read", "grant_types": ["authorization_code", "refresh_token"] })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_registers_itself_with_a_token_and_looks_after_itself() {
    let world = World::start().await;
    let register = |token: &str, body: Value| world.post("/oauth/register").bearer(token).json(body);
    let nobody = world.post("/oauth/register").json(metadata()).send().await;
    assert_eq!((nobody.status, &nobody.json["error"]), (401, &json!("invalid_token")));
    register("x", metadata()).expect(401).await;
    register(world.token(Owner), metadata()).expect(401).await;

    let token = initial(&world).await;
    for (bad, error) in [
        (json!([]), "invalid_client_metadata"),
        (json!({ "client_name": "V" }), "invalid_redirect_uri"),
        (json!({ "client_name": "V", "redirect_uris": ["http://v.example/"] }), "invalid_redirect_uri"),
        (json!({ "client_name": "V", "jwks_uri": "https://v.example/" }), "invalid_client_metadata"),
        (json!({ "client_name": "V", "grant_types": ["client_credentials"] }), "invalid_client_metadata"),
    ] {
        let refused = register(&token, bad.clone()).send().await;
        assert_eq!((refused.status, &refused.json["error"]), (400, &json!(error)), "{bad}");
    }
    let made = register(&token, metadata()).expect(201).await;
    register(&token, metadata()).expect(401).await;
    assert_eq!(made["client_secret_expires_at"], 0);
    let program =
        Program { id: text(&made, "client_id").to_owned(), secret: text(&made, "client_secret").to_owned() };
    let tokens = tokens(&world, &program).await;
    let listed = format!("/api/organisations/{}/oauth-clients", world.a.organisation);
    let listed = world.get(listed).as_(Owner).expect(200).await;
    assert_eq!(
        (&listed["items"][0]["id"], &listed["items"][0]["dynamic"]),
        (&json!(program.id), &json!(true))
    );

    let own = text(&made, "registration_access_token");
    let uri = text(&made, "registration_client_uri").replace(&issuer(&world), "");
    for (path, token) in [
        (uri.clone(), "x"),
        (uri.clone(), world.token(Owner)),
        (format!("/oauth/register/{}", world.a.home), own),
        ("/oauth/register/x".to_owned(), own),
    ] {
        for call in [world.get(&path), world.delete(&path), world.put(&path).json(metadata())] {
            call.bearer(token).expect(401).await;
        }
    }
    // What people are shown may be left out.
    let mut nameless = metadata();
    nameless.as_object_mut().unwrap().remove("client_name");
    let nameless = register(&initial(&world).await, nameless).expect(201).await;
    assert_eq!(nameless["client_name"], nameless["client_id"]);

    let read = world.get(&uri).bearer(own).expect(200).await;
    assert_eq!((&read["client_name"], &read["client_secret"]), (&json!("Voice"), &json!(null)));
    let mut renamed = metadata();
    renamed["client_name"] = json!("Other voice");
    assert_eq!(world.put(&uri).bearer(own).json(renamed).expect(200).await["client_name"], "Other voice");
    world.delete(&uri).bearer(own).expect(204).await;
    world.get(&uri).bearer(own).expect(401).await;
    world.get("/api/homes").bearer(text(&tokens, "access_token")).expect(401).await;
    world.stop().await;
}
