//! The wall between households, tried from every side: each operation of the OpenAPI document, with household A's ids
//! in path, filter and body, as somebody who has no business there. A new operation is tried without being named
//! here, unless it takes a body: then it needs one in `body_of`, and the test says so.

use std::collections::BTreeMap;

use lares_model::DiscoveredId;
use lares_model::device::Endpoint;
use lares_model::dialect::Description;
use lares_model::discovered::{Discovered, DiscoveredState};
use reqwest::Method;
use serde_json::{Value, json};

use super::world::*;

/// Operations that would end the sign-in that everything else is tried with.
const ENDS_SIGN_IN: [&str; 3] = ["logout", "endSession", "deleteAccount"];

/// One id of each kind.
pub type Ids = BTreeMap<&'static str, String>;

/// For a person in front of a screen only, and never twice the same.
const FOR_PERSONS: [&str; 1] = ["exportAccount"];

/// Answers that go on for as long as somebody listens; whoever has no business there is refused like everywhere.
const GOES_ON: [&str; 1] = ["watchMqttTopics"];

pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    pub action: String,
    /// Kinds of the ids in the path, in order.
    pub path_ids: Vec<String>,
    /// Filters that take an id: name and kind.
    pub filter_ids: Vec<(String, String)>,
    /// Fields of the body that take an id: name and kind.
    pub body_ids: Vec<(String, String)>,
    pub has_body: bool,
}

fn kind_of(schema: &Value) -> Option<String> {
    let one = |schema: &Value| {
        let name = schema["$ref"].as_str()?.rsplit('/').next()?;
        name.ends_with("Id").then(|| name.to_owned())
    };
    let many = ["oneOf", "anyOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
    one(schema).or_else(|| many.filter_map(one).next())
}

pub fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push(operation_of(document, path, method, operation));
        }
    }
    // So that a change of how ids are written into the document does not make this test try nothing.
    let count = |of: fn(&Operation) -> usize| found.iter().map(of).sum::<usize>();
    assert!(found.len() >= 50, "{} operations", found.len());
    assert!(count(|operation| operation.path_ids.len()) >= 25, "ids in paths");
    assert!(count(|operation| operation.filter_ids.len()) >= 10, "ids in filters");
    assert!(count(|operation| operation.body_ids.len()) >= 4, "ids in bodies");
    found
}

fn operation_of(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let within = |place: &str| {
        let ids =
            parameters.iter().filter(move |parameter| parameter["in"] == place).filter_map(|parameter| {
                Some((parameter["name"].as_str()?.to_owned(), kind_of(&parameter["schema"])?))
            });
        ids.collect::<Vec<_>>()
    };
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let name = body["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
    let properties = document["components"]["schemas"][name]["properties"].as_object().cloned();
    let fields = properties.unwrap_or_default().into_iter();
    Operation {
        id: operation["operationId"].as_str().unwrap().to_owned(),
        method: method.to_uppercase().parse().unwrap(),
        path: path.to_owned(),
        action: operation["x-action"].as_str().unwrap().to_owned(),
        path_ids: within("path").into_iter().map(|(_, kind)| kind).collect(),
        filter_ids: within("query"),
        body_ids: fields.filter_map(|(field, schema)| Some((field, kind_of(&schema)?))).collect(),
        has_body: operation["requestBody"].is_object(),
    }
}

/// A body that would be taken from somebody who may, with these ids in it. `None`: the operation takes none.
fn body_of(operation: &str, ids: &Ids) -> Option<Value> {
    let endpoints = json!([{ "endpoint": 1, "capabilities": ["OnOff"] }]);
    Some(match operation {
        "login" | "openSession" => {
            json!({ "email": "nobody@nowhere.example", "password": "wrong wrong wrong" })
        }
        "stepUp" => json!({ "password": "wrong wrong wrong" }),
        "confirmTotp" => json!({ "code": "000000" }),
        "startProvider" => json!({ "return_to": "/devices" }),
        "linkProvider" => json!({ "ticket": "none" }),
        "registerPasskey" => json!({ "challenge": "none", "name": "new", "credential": {} }),
        "renamePasskey" => json!({ "name": "changed" }),
        "openPasskeySession" | "loginWithPasskey" => json!({ "challenge": "none", "credential": {} }),
        "getTokens" | "authorizeDevice" | "introspectToken" | "revokeToken" | "postOAuthLogout" => {
            json!("token=none")
        }
        "registerOAuthClient" | "replaceOAuthRegistration" => json!({ "client_name": "new" }),
        "getAuthorizationRequest" => json!({ "request": "none" }),
        "decideAuthorizationRequest" => json!({ "request": "none", "allow": true }),
        "getDeviceRequest" => json!({ "user_code": "BCDF-GHJK" }),
        "decideDeviceRequest" => json!({ "user_code": "BCDF-GHJK", "allow": true }),
        "createOAuthClient" => json!({
            "name": "new", "redirect_uris": ["https://new.example/cb"], "grant_types": ["authorization_code"],
            "scopes": ["openid"], "token_endpoint_auth_method": "none",
        }),
        "updateOAuthClient" => json!({ "name": "changed", "disabled": true }),
        "rotateOAuthClientSecret" => json!({ "overlap_s": 60 }),
        "addDeviceKey" => json!({ "jwk": device_key() }),
        "createToken" => json!({ "name": "more" }),
        "rotateToken" => json!({ "overlap_s": 60 }),
        "register" => json!({ "email": "nobody@nowhere.example", "password": "wrong" }),
        "verifyEmail" | "confirmEmailChange" => json!({ "token": "made up" }),
        "askPasswordReset" | "askEmailChange" => json!({ "email": "nobody@nowhere.example" }),
        "confirmPasswordReset" => json!({ "token": "made up", "password": "wrong wrong wrong" }),
        "changePassword" => json!({ "current_password": "wrong", "new_password": "wrong wrong wrong" }),
        "updateProfile" => json!({ "units": "imperial" }),
        "createOrganisation" | "updateOrganisation" => json!({ "name": "renamed" }),
        "refresh" => json!({ "refresh_token": "lares_rt_nobodys" }),
        "updateMember" => json!({ "role": "viewer" }),
        "transferOrganisation" => json!({ "member": ids["MembershipId"] }),
        "createInvitation" => json!({ "role": "viewer" }),
        "lookAtInvitation" | "acceptInvitation" => json!({ "token": "nobody has this one" }),
        "acknowledgeAlarm" => json!({ "note": "seen" }),
        "raiseAlarm" => json!({ "title": "smoke", "severity": "info", "device": ids["DeviceId"] }),
        "addMember" => json!({ "email": Expired.email(), "role": "viewer" }),
        "createHome" => {
            json!({ "organisation": ids["OrganisationId"], "name": "new", "time_zone": "Europe/Madrid",
            "property_type": "house" })
        }
        "updateHome" => json!({ "name": "changed", "address": "elsewhere" }),
        "createRoom" | "updateRoom" => json!({ "name": "changed" }),
        "registerDevice" => json!({ "home": ids["HomeId"], "name": "new", "endpoints": endpoints }),
        "createMqttClient" => json!({ "name": "new", "secret": "chosen by nobody" }),
        "updateMqttClient" => json!({ "name": "changed", "trusted": true }),
        "rotateMqttClient" => json!({}),
        "createWebhook" => json!({ "name": "new", "mapping": mapping(ids) }),
        "testWebhook" => json!({ "v": "Locked" }),
        "issueCertificate" => json!({ "csr": signing_request() }),
        "acceptDiscovered" => json!({ "name": "changed", "room": ids["RoomId"] }),
        "updateDevice" => json!({ "name": "changed", "home": ids["HomeId"], "room": ids["RoomId"] }),
        "replaceDevice" => json!({ "vendor": "other" }),
        "submitCommand" => json!({ "name": "DoorLock.UnlockDoor" }),
        "importReadings" => {
            json!("time,endpoint,attribute,value\n2026-01-01T00:00:00Z,1,DoorLock.LockState,Locked\n")
        }
        "correctReading" => {
            json!({ "endpoint": 1, "attribute": "DoorLock.LockState", "time": "2026-01-01T00:00:00Z",
            "value": "Locked", "reason": "because" })
        }
        "setRetention" => {
            let kept = json!({ "raw_days": 1, "rollup_days": 1 });
            json!({ "measurement": kept, "counter": kept, "state": kept })
        }
        "importDevices" => json!(format!("home,name,capabilities\n{},new,OnOff\n", ids["HomeId"])),
        _ => return None,
    })
}

/// The public key of the moment's device.
fn device_key() -> Value {
    super::oauth_world::Key::new().jwk()
}

/// A request that a device would make.
fn signing_request() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap()
}

fn mapping(ids: &Ids) -> Value {
    let device = &ids["DeviceId"];
    json!({ "readings": [
        { "value": "/v", "device": device, "endpoint": 1, "attribute": "DoorLock.LockState" }
    ] })
}

fn path_with(operation: &Operation, ids: &Ids) -> String {
    let mut path = operation.path.clone();
    for kind in &operation.path_ids {
        let id =
            ids.get(kind.as_str()).unwrap_or_else(|| panic!("no sample of {kind}: add one to `samples`"));
        let (start, end) = (path.find('{').unwrap(), path.find('}').unwrap());
        path.replace_range(start..=end, id);
    }
    assert!(!path.contains('{'), "{}: a path parameter that is not a typed id", operation.id);
    path + query_of(&operation.id)
}

/// What must be asked for, so that there is an answer.
fn query_of(operation: &str) -> &'static str {
    match operation {
        "getHistory" | "getChart" | "getHomeHistory" => {
            "?attribute=DoorLock.LockState&from=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z"
        }
        "deleteReadings" | "deleteHomeReadings" | "countReadings" | "countHomeReadings" => {
            "?from=2020-01-01T00:00:00Z&until=2030-01-01T00:00:00Z"
        }
        "search" => "?q=a",
        _ => "",
    }
}

fn call<'w>(world: &'w World, operation: &Operation, path: String, ids: &Ids) -> Call<'w> {
    let call = world.call(operation.method.clone(), path);
    match body_of(&operation.id, ids) {
        Some(Value::String(form)) if operation.path.starts_with("/oauth/") => {
            call.raw("application/x-www-form-urlencoded", form)
        }
        Some(Value::String(csv)) => call.raw("text/csv", csv),
        Some(body) => call.json(body),
        None => {
            assert!(!operation.has_body, "{}: give it a body in `body_of`", operation.id);
            call
        }
    }
}

/// One thing of every kind, of a household.
pub async fn samples(world: &World, who: Who, house: &Household) -> Ids {
    let organisation = &house.organisation;
    let submitted = world.post(format!("/api/iot/devices/{}/commands", house.lock.id)).as_(who);
    let command = id_of(&submitted.json(json!({ "name": "DoorLock.LockDoor" })).expect(202).await);
    let events = world.get(format!("/api/events?organisation={organisation}")).as_(who).expect(200).await;
    let members = world.get(format!("/api/organisations/{organisation}/members")).as_(who).expect(200).await;
    let tokens = world.get("/api/auth/tokens").as_(who).expect(200).await;
    let client = world.post(format!("/api/homes/{}/mqtt-clients", house.home)).as_(who);
    let client = client.json(json!({ "name": format!("{} bridge", house.mark) })).expect(201).await;
    let webhook = json!({ "name": format!("{} portal", house.mark), "mapping": mapping(&Ids::from([
        ("DeviceId", house.lock.id.clone()),
    ])) });
    let webhook = world.post(format!("/api/homes/{}/webhooks", house.home)).as_(who).json(webhook);
    let webhook = webhook.expect(201).await;
    let certificate = world.post(format!("/api/iot/devices/{}/certificates", house.lock.id)).as_(who);
    let certificate = certificate.json(json!({ "csr": signing_request() })).expect(201).await;
    let key = world.post(format!("/api/iot/devices/{}/keys", house.lock.id)).as_(who);
    let key = key.json(json!({ "name": format!("{} key", house.mark), "jwk": device_key() }));
    let program = json!({
        "name": format!("{} program", house.mark), "redirect_uris": ["https://voice.example/cb"],
        "grant_types": ["authorization_code"], "scopes": ["openid"],
        "token_endpoint_auth_method": "client_secret_basic",
    });
    let path = format!("/api/organisations/{organisation}/oauth-clients");
    let program = world.post(path).as_(who).json(program).expect(201).await;
    let invitation = world.post(format!("/api/organisations/{organisation}/invitations")).as_(who);
    let invitation = invitation.json(json!({ "role": "viewer" })).expect(201).await;
    let alarm = world.post(format!("/api/homes/{}/alarms", house.home)).as_(who);
    let title = format!("{} window", house.mark);
    let alarm = alarm.json(json!({ "title": title, "severity": "info" })).expect(201).await;
    Ids::from([
        ("InvitationId", id_of(&invitation)),
        ("AlarmId", id_of(&alarm)),
        ("DeviceKeyId", id_of(&key.expect(201).await)),
        ("OAuthClientId", id_of(&program)),
        ("CertificateId", id_of(&certificate)),
        ("WebhookId", id_of(&webhook)),
        ("MqttSessionId", session(world, who, house, &client).await),
        ("MqttClientId", id_of(&client)),
        ("DiscoveredId", discovered(world, house).await),
        ("OrganisationId", organisation.clone()),
        ("HomeId", house.home.clone()),
        ("RoomId", house.room.clone()),
        ("DeviceId", house.lock.id.clone()),
        ("CommandId", command),
        ("EventId", id_of(&events["items"][0])),
        ("MembershipId", id_of(&members["items"][0])),
        ("TokenId", id_of(&tokens[0])),
        ("PasskeyId", passkey(world, who).await),
        ("SessionId", signed_in(world, who).await),
        ("IdentityId", identity(world, who).await),
    ])
}

/// As if this person had linked an account elsewhere.
async fn identity(world: &World, who: Who) -> String {
    let hub = &world.running().hub;
    let identity = lares_store::identities::Identity {
        id: lares_model::IdentityId(hub.uuid()),
        user: lares_store::users::find_by_email(&hub.store, who.email()).await.unwrap().unwrap().id,
        provider: "elsewhere".to_owned(),
        issuer: "https://elsewhere.example".to_owned(),
        subject: format!("{who:?}"),
        email: None,
        created_at: hub.now(),
        last_used_at: None,
    };
    let work = hub.store.begin().await.unwrap();
    lares_store::identities::insert(&work, &identity).await.unwrap();
    work.commit().await.unwrap();
    identity.id.to_string()
}

/// As if this person had registered a passkey.
async fn passkey(world: &World, who: Who) -> String {
    let hub = &world.running().hub;
    let user = lares_store::users::find_by_email(&hub.store, who.email()).await.unwrap().unwrap().id;
    let passkey = lares_store::passkeys::Passkey {
        id: lares_model::PasskeyId(hub.uuid()),
        user,
        name: format!("{who:?} key"),
        credential_id: hub.uuid().as_bytes().to_vec(),
        credential: json!({}),
        counter: 0,
        created_at: hub.now(),
        last_used_at: None,
    };
    let work = hub.store.begin().await.unwrap();
    lares_store::passkeys::insert(&work, &passkey).await.unwrap();
    work.commit().await.unwrap();
    passkey.id.to_string()
}

/// A sign-in of an app.
async fn signed_in(world: &World, who: Who) -> String {
    let login = json!({ "email": who.email(), "password": PASSWORD });
    id_of(&world.post("/api/auth/login").json(login).expect(200).await)
}

/// A session that a client of the home has left behind.
async fn session(world: &World, who: Who, house: &Household, client: &Value) -> String {
    let port = world.running().addresses.mqtt.unwrap().port();
    let mut options = rumqttc::MqttOptions::new(format!("{} session", house.mark), "localhost", port);
    let (username, secret) = (client["username"].as_str().unwrap(), client["secret"].as_str().unwrap());
    options.set_credentials(username, secret).set_clean_session(false);
    let (sender, mut events) = rumqttc::AsyncClient::new(options, 8);
    loop {
        if let rumqttc::Event::Incoming(rumqttc::Packet::ConnAck(_)) = events.poll().await.unwrap() {
            sender.disconnect().await.unwrap();
            break;
        }
    }
    while events.poll().await.is_ok() {}
    let path = format!("/api/operations/mqtt/clients?organisation={}", house.organisation);
    let look = async || world.get(path.clone()).as_(who).expect(200).await;
    let left = |all: &Value| -> Option<String> {
        let mut items = all["items"].as_array()?.iter();
        items.find(|item| item["connected"] == false)?["session"].as_str().map(str::to_owned)
    };
    let sessions = eventually("a session that is left behind", look, |all| left(all).is_some()).await;
    left(&sessions).unwrap()
}

/// As if a device of another maker had been found in the home.
async fn discovered(world: &World, house: &Household) -> String {
    let hub = &world.running().hub;
    let found = Discovered {
        id: DiscoveredId(hub.uuid()),
        organisation: house.organisation.parse().unwrap(),
        home: house.home.parse().unwrap(),
        dialect: "zigbee2mqtt".to_owned(),
        description: Description {
            foreign_id: format!("{} 0x01", house.mark),
            name: format!("{} lamp", house.mark),
            vendor: String::new(),
            model: String::new(),
            serial: None,
            firmware: None,
            suggested_room: None,
            via: None,
            expected_interval_s: None,
            endpoints: vec![Endpoint {
                endpoint: 1,
                capabilities: vec!["OnOff".to_owned()],
                ..Endpoint::default()
            }],
            unknown: vec![],
        },
        state: DiscoveredState::Pending,
        first_seen: hub.now(),
        last_seen: hub.now(),
    };
    let work = hub.store.begin().await.unwrap();
    lares_store::discovered::insert(&work, &found).await.unwrap();
    work.commit().await.unwrap();
    found.id.to_string()
}

/// Everything the owner sees of household A.
async fn everything(world: &World, all: &[Operation], ids: &Ids) -> BTreeMap<String, Value> {
    let mut seen = BTreeMap::new();
    for operation in all.iter().filter(|operation| operation.method == Method::GET) {
        let left_out = [&GOES_ON[..], &FOR_PERSONS[..]].concat().contains(&operation.id.as_str());
        if operation.action == "public" || left_out {
            continue;
        }
        let path = path_with(operation, ids);
        let mut answer = world.get(path.clone()).as_(Owner).expect(200).await;
        if operation.path == "/api/live" {
            // The hour of asking is in this one, and nothing that anybody could change.
            answer.as_object_mut().unwrap().remove("time");
        }
        seen.insert(path, answer);
    }
    seen
}

fn shows_nothing_of(reply: &Reply, house: &Household, ids: &Ids) {
    assert!(!reply.text.contains(house.mark), "{} shows {:?}: {}", reply.asked, house.mark, reply.text);
    for (kind, id) in ids {
        assert!(!reply.text.contains(id.as_str()), "{} shows a {kind}: {}", reply.asked, reply.text);
    }
}

/// Devices prove themselves otherwise, and a person's sign-in is nothing there: see `reports`.
fn is_for_people(operation: &Operation) -> bool {
    operation.action != "public" && operation.action != "device_report"
}

/// A list that is empty, or a report that says nothing was done.
fn says_nothing(reply: &Reply) -> bool {
    let empty = |name: &str| reply.json[name].as_array().is_some_and(Vec::is_empty);
    reply.status == 200 && (empty("items") || reply.json["registered"] == 0)
}

async fn try_path(world: &World, operation: &Operation, who: Who, ids: &Ids, house: &Household) {
    let reply = call(world, operation, path_with(operation, ids), ids).as_(who).send().await;
    assert_eq!(reply.status, 404, "{who:?} {}: {}", reply.asked, reply.text);
    shows_nothing_of(&reply, house, ids);
}

async fn try_filters(
    world: &World,
    operation: &Operation,
    who: Who,
    theirs: &Ids,
    ids: &Ids,
    house: &Household,
) {
    let path = path_with(operation, theirs);
    for (filter, kind) in &operation.filter_ids {
        let joint = if path.contains('?') { '&' } else { '?' };
        let asked = format!("{path}{joint}{filter}={}", ids[kind.as_str()]);
        let reply = world.get(asked).as_(who).send().await;
        let nothing = reply.status == 404 || says_nothing(&reply);
        assert!(nothing, "{who:?} {} -> {}: {}", reply.asked, reply.status, reply.text);
        shows_nothing_of(&reply, house, ids);
    }
}

/// The caller's own thing in the path where there is one, household A's in the body.
async fn try_body(
    world: &World,
    operation: &Operation,
    who: Who,
    theirs: &Ids,
    ids: &Ids,
    house: &Household,
) {
    let reply = call(world, operation, path_with(operation, theirs), ids).as_(who).send().await;
    let named = operation.body_ids.iter().any(|(field, _)| reply.wrong_fields() == [format!("/{field}")]);
    let refused = reply.status == 404 || (reply.status == 422 && named) || says_nothing(&reply);
    assert!(refused, "{who:?} {} -> {}: {}", reply.asked, reply.status, reply.text);
    shows_nothing_of(&reply, house, ids);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_yours_does_not_exist() {
    let world = World::start().await;
    let all = operations(&world.openapi().await);
    let (ids, theirs) = (samples(&world, Owner, &world.a).await, samples(&world, Neighbour, &world.b).await);
    let before = everything(&world, &all, &ids).await;
    let mut tried = 0;
    for operation in all
        .iter()
        .filter(|operation| is_for_people(operation) && !ENDS_SIGN_IN.contains(&operation.id.as_str()))
    {
        for who in [Neighbour, Expired] {
            if !operation.path_ids.is_empty() {
                try_path(&world, operation, who, &ids, &world.a).await;
            }
            // The expired member has nothing of their own: what they reach through a path is tried above.
            let reaches = operation.path_ids.is_empty() || who == Neighbour;
            if reaches && (!operation.body_ids.is_empty() || operation.id == "importDevices") {
                try_body(&world, operation, who, &theirs, &ids, &world.a).await;
            }
            let ends = !GOES_ON.contains(&operation.id.as_str());
            if reaches && ends && operation.method == Method::GET {
                try_filters(&world, operation, who, &theirs, &ids, &world.a).await;
                let reply = world.get(path_with(operation, &theirs)).as_(who).send().await;
                shows_nothing_of(&reply, &world.a, &ids);
            }
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
    assert_eq!(everything(&world, &all, &ids).await, before, "something was changed");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_sees_and_changes_nothing() {
    let world = World::start().await;
    let all = operations(&world.openapi().await);
    let ids = samples(&world, Owner, &world.a).await;
    let before = everything(&world, &all, &ids).await;
    for operation in &all {
        if !is_for_people(operation)
            || matches!(
                operation.action.as_str(),
                "signed_in" | "myself" | "account_manage" | "organisation_create"
            )
        {
            continue;
        }
        let reply = call(&world, operation, path_with(operation, &ids), &ids).as_(Viewer).send().await;
        let expected = if operation.action.ends_with("_read") { 200 } else { 403 };
        let as_it_should = reply.status == expected || (expected == 403 && says_nothing(&reply));
        assert!(as_it_should, "{} -> {}: {}", reply.asked, reply.status, reply.text);
    }
    assert_eq!(everything(&world, &all, &ids).await, before, "something was changed");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_membership_that_ends_ends_at_once() {
    let world = World::start().await;
    let members = format!("/api/organisations/{}/members", world.a.organisation);
    let device = format!("/api/iot/devices/{}", world.a.lock.id);
    world.get(&device).as_(Viewer).expect(200).await;
    let listed = world.get(&members).as_(Owner).expect(200).await;
    let viewer =
        listed["items"].as_array().unwrap().iter().find(|one| one["email"] == Viewer.email()).unwrap();
    world.delete(format!("{members}/{}", id_of(viewer))).as_(Owner).expect(204).await;
    world.get(&device).as_(Viewer).expect(404).await;
    let listed = world.get("/api/iot/devices").as_(Viewer).expect(200).await;
    assert_eq!(listed["items"], json!([]));
    world.stop().await;
}
