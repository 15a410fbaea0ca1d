//! OAuth clients, consents, device authorizations and device keys: each comes back as it was written, behind its wall.

use lares_model::access::{Role, Scope};
use lares_model::oauth::{OAuthScope, Scopes};
use lares_model::oauth_client::{ApplicationType, ClientAuthMethod, GrantType, OAuthClient};
use lares_model::oauth_device::{Decision, Standing};
use lares_model::{DeviceKeyId, OAuthClientId, OrganisationId};
use lares_store::device_keys::{self, DeviceKey};
use lares_store::oauth_clients::{self, Secrets};
use lares_store::oauth_consents::{self, Consent};
use lares_store::oauth_device_grants::{self, DeviceGrant, Person};
use serde_json::json;

use crate::bed::{ALL, Bed, NOW, conflict_of};

fn client(bed: &Bed, organisation: OrganisationId) -> OAuthClient {
    OAuthClient {
        id: OAuthClientId(bed.id()),
        organisation,
        name: "Stimme".to_owned(),
        application_type: ApplicationType::Native,
        redirect_uris: vec!["org.example.app:/cb".to_owned(), "http://127.0.0.1/cb".to_owned()],
        post_logout_redirect_uris: vec!["https://voice.example/bye".to_owned()],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::DeviceCode],
        scopes: Scopes::of([OAuthScope::OpenId, OAuthScope::HomesRead]),
        auth_method: ClientAuthMethod::PrivateKeyJwt,
        jwks: Some(json!({ "keys": [] })),
        role: Some(Role::Viewer),
        uri: Some("https://voice.example".to_owned()),
        logo: None,
        disabled: false,
        dynamic: true,
        previous_secret_until: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub async fn clients_round_trip(bed: Bed) {
    let [own, other] = bed.organisations(2).await[..] else { unreachable!() };
    let scope = Scope::of([own]);
    let client = client(&bed, own);
    let secrets = Secrets { registration_sha256: Some([3; 32]), ..Secrets::default() };
    let work = bed.work().await;
    oauth_clients::insert(&work, &client, &secrets).await.unwrap();
    work.commit().await.unwrap();
    let any = oauth_clients::find_any(&bed.store, client.id).await.unwrap();
    assert_eq!(any, Some((client.clone(), secrets)));
    assert_eq!(oauth_clients::find(&bed.store, &scope, client.id).await.unwrap(), Some(client.clone()));
    let stranger = Scope::of([other]);
    assert_eq!(oauth_clients::find(&bed.store, &stranger, client.id).await.unwrap(), None);
    assert!(oauth_clients::of_organisation(&bed.store, &stranger, own, ALL).await.unwrap().is_empty());

    let changed = OAuthClient {
        name: "Voice".to_owned(),
        redirect_uris: vec!["https://voice.example/cb".to_owned()],
        jwks: None,
        role: None,
        disabled: true,
        updated_at: NOW + 9,
        ..client.clone()
    };
    let work = bed.work().await;
    assert!(oauth_clients::update(&work, &changed).await.unwrap());
    let moved = OAuthClient { organisation: other, ..changed.clone() };
    assert!(!oauth_clients::update(&work, &moved).await.unwrap());
    oauth_clients::set_secret(&work, client.id, Some([1; 32]), Some(([2; 32], NOW + 5))).await.unwrap();
    oauth_clients::set_registration(&work, client.id, [4; 32]).await.unwrap();
    work.commit().await.unwrap();
    let (found, secrets) = oauth_clients::find_any(&bed.store, client.id).await.unwrap().unwrap();
    let expected = OAuthClient { previous_secret_until: Some(NOW + 5), ..changed };
    assert_eq!(found, expected);
    assert_eq!((secrets.current_sha256, secrets.previous_sha256), (Some([1; 32]), Some([2; 32])));
    assert_eq!(secrets.registration_sha256, Some([4; 32]));
    let listed = oauth_clients::of_organisation(&bed.store, &scope, own, ALL).await.unwrap();
    assert_eq!(listed, [found]);
    let work = bed.work().await;
    assert!(oauth_clients::delete(&work, client.id).await.unwrap());
    assert!(!oauth_clients::delete(&work, client.id).await.unwrap());
}

pub async fn a_consent_is_one_for_each_person_and_client(bed: Bed) {
    let organisation = bed.organisations(1).await[0];
    let (ana, ben) = (bed.insert_user("ana@example.org").await, bed.insert_user("ben@example.org").await);
    let client = client(&bed, organisation);
    let consent = Consent {
        user: ana.id,
        client: client.id,
        scopes: Scopes::of([OAuthScope::OpenId]),
        created_at: NOW,
        updated_at: NOW,
    };
    let more = Consent { scopes: client.scopes, created_at: NOW + 7, updated_at: NOW + 7, ..consent.clone() };
    let work = bed.work().await;
    oauth_clients::insert(&work, &client, &Secrets::default()).await.unwrap();
    oauth_consents::set(&work, &consent).await.unwrap();
    oauth_consents::set(&work, &more).await.unwrap();
    work.commit().await.unwrap();
    let expected = Consent { created_at: NOW, ..more };
    assert_eq!(oauth_consents::find(&bed.store, ana.id, client.id).await.unwrap(), Some(expected.clone()));
    assert_eq!(oauth_consents::of_user(&bed.store, ana.id).await.unwrap(), [expected]);
    assert!(oauth_consents::of_user(&bed.store, ben.id).await.unwrap().is_empty());
    let work = bed.work().await;
    assert!(!oauth_consents::delete(&work, ben.id, client.id).await.unwrap());
    oauth_clients::delete(&work, client.id).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(oauth_consents::find(&bed.store, ana.id, client.id).await.unwrap(), None);
}

pub async fn a14_a_device_is_decided_on_once(bed: Bed) {
    let organisation = bed.organisations(1).await[0];
    let user = bed.insert_user("ana@example.org").await;
    let client = client(&bed, organisation);
    let grant = DeviceGrant {
        device_code_sha256: [1; 32],
        user_code_sha256: [2; 32],
        client: client.id,
        scopes: client.scopes,
        user_agent: Some("Television".to_owned()),
        peer: None,
        created_at: NOW,
        standing: Standing { expires_at: NOW + 600, interval_s: 5, polled_at: None, decision: None },
        person: None,
    };
    let work = bed.work().await;
    oauth_clients::insert(&work, &client, &Secrets::default()).await.unwrap();
    oauth_device_grants::insert(&work, &grant).await.unwrap();
    work.commit().await.unwrap();
    let work = bed.work().await;
    let same_code = DeviceGrant { device_code_sha256: [9; 32], ..grant.clone() };
    conflict_of(oauth_device_grants::insert(&work, &same_code).await);
    drop(work);
    let by = oauth_device_grants::by_user_code(&bed.store, [2; 32]).await.unwrap();
    assert_eq!(by, Some(grant.clone()));
    let person = Person { user: user.id, authenticated_at: NOW + 1, amr: "pwd otp".to_owned() };
    let work = bed.work().await;
    assert!(oauth_device_grants::polled(&work, [1; 32], NOW + 2, 10).await.unwrap());
    assert!(oauth_device_grants::decide(&work, [2; 32], Decision::Denied, &person).await.unwrap());
    assert!(!oauth_device_grants::decide(&work, [2; 32], Decision::Allowed, &person).await.unwrap());
    work.commit().await.unwrap();
    let found = oauth_device_grants::by_device_code(&bed.store, [1; 32]).await.unwrap().unwrap();
    assert_eq!(found.person, Some(person));
    let standing = Standing {
        interval_s: 10,
        polled_at: Some(NOW + 2),
        decision: Some(Decision::Denied),
        ..grant.standing
    };
    assert_eq!(found.standing, standing);
    let work = bed.work().await;
    assert_eq!(oauth_device_grants::delete_expired(&work, NOW + 599).await.unwrap(), 0);
    assert_eq!(oauth_device_grants::delete_expired(&work, NOW + 600).await.unwrap(), 1);
    assert!(!oauth_device_grants::delete(&work, [1; 32]).await.unwrap());
}

pub async fn device_keys_round_trip(bed: Bed) {
    let (mine, theirs) = (bed.household().await, bed.household().await);
    let key = DeviceKey {
        id: DeviceKeyId(bed.id()),
        organisation: mine.organisation,
        device: mine.device.id,
        name: "chip".to_owned(),
        jwk: json!({ "kty": "OKP" }),
        thumbprint: [5; 32],
        created_at: NOW,
    };
    let work = bed.work().await;
    device_keys::insert(&work, &key).await.unwrap();
    work.commit().await.unwrap();
    let work = bed.work().await;
    let again = DeviceKey { id: DeviceKeyId(bed.id()), ..key.clone() };
    assert_eq!(conflict_of(device_keys::insert(&work, &again).await), "this key of the device");
    drop(work);
    assert_eq!(device_keys::find(&bed.store, &mine.scope, key.id).await.unwrap(), Some(key.clone()));
    assert_eq!(device_keys::find(&bed.store, &theirs.scope, key.id).await.unwrap(), None);
    let listed = device_keys::of_device(&bed.store, &mine.scope, key.device, ALL).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&key));
    assert!(device_keys::of_device(&bed.store, &theirs.scope, key.device, ALL).await.unwrap().is_empty());
    let all = device_keys::all_of_device(&bed.store, key.device).await.unwrap();
    assert_eq!(all, std::slice::from_ref(&key));
    assert!(device_keys::is_there(&bed.store, key.device, key.id).await.unwrap());
    assert!(!device_keys::is_there(&bed.store, theirs.device.id, key.id).await.unwrap());
    let work = bed.work().await;
    assert_eq!(device_keys::delete_of_device(&work, theirs.device.id).await.unwrap(), 0);
    assert!(device_keys::delete(&work, key.id).await.unwrap());
    work.commit().await.unwrap();
    assert!(!device_keys::is_there(&bed.store, key.device, key.id).await.unwrap());
}
