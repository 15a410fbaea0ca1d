//! The provider by a clock that is set: keys that are rotated, and requests, codes and devices that wait too long.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lares_hub::account_log::Visitor;
use lares_hub::app_sessions::{self, NewAppSession};
use lares_hub::caller::{Authenticated, Caller, Means};
use lares_hub::oauth::authorize::{self, Begun};
use lares_hub::oauth::clients::{self, NewClient};
use lares_hub::oauth::{OAuthError, Parameters, device_grant, grants};
use lares_hub::{HubError, housekeeper, identity, signing};
use lares_model::oauth::{OAuthScope, Scopes};
use lares_model::oauth_client::{ApplicationType, ClientAuthMethod, GrantType, OAuthClient};

use crate::bed::Bed;

const HOUR_MS: i64 = 3_600_000;
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "https://voice.example/cb";

/// The owner in front of a browser: an API token lets no program in.
fn in_person(bed: &Bed) -> Caller {
    let authenticated = Authenticated { means: Means::Session, ..bed.owner.authenticated };
    bed.owner.clone().authenticated(authenticated)
}

fn kids(bed: &Bed) -> Vec<String> {
    let jwks = signing::jwks(&bed.hub);
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid_of(jwt: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a12_a_new_key_is_published_before_it_signs_and_the_old_one_until_its_tokens_are_over() {
    let bed = Bed::new().await;
    let user = bed.owner.user;
    housekeeper::once(&bed.hub).await.unwrap();
    let (first, mut published) = (kids(&bed), kids(&bed));
    assert_eq!(first.len(), 1);
    let mut signed: Vec<(String, i64)> = vec![];
    let mut signers: Vec<String> = vec![];
    for hour in 0..24 * 70 {
        let work = bed.hub.store.begin().await.unwrap();
        let (scopes, authenticated_at) = (Scopes::ALL, bed.hub.now());
        let new = NewAppSession { user, client: None, scopes, amr: "pwd", authenticated_at };
        let (_, tokens) = app_sessions::open(&bed.hub, &work, new, &Visitor::default()).await.unwrap();
        work.commit().await.unwrap();
        let kid = kid_of(&tokens.access_token);
        assert!(published.contains(&kid), "hour {hour}: it signs before anybody could know it");
        if !signers.contains(&kid) {
            signers.push(kid);
        }
        signed.push((tokens.access_token, hour));
        // What was signed within the last five minutes is good, whatever was rotated meanwhile.
        bed.clock.advance(4 * 60_000);
        housekeeper::once(&bed.hub).await.unwrap();
        identity::caller_of(&bed.hub, &signed.last().unwrap().0).await.unwrap();
        published = kids(&bed);
        bed.clock.advance(HOUR_MS - 4 * 60_000);
    }
    assert_eq!(signers.len(), 3, "about one a month: {signers:?}");
    assert!(!kids(&bed).contains(&first[0]), "a key is not kept for ever");
    let (oldest, _) = &signed[0];
    assert!(matches!(identity::caller_of(&bed.hub, oldest).await, Err(HubError::Unauthenticated)));
    signing::replace_all(&bed.hub).await.unwrap();
    let (newest, _) = signed.last().unwrap();
    assert!(identity::caller_of(&bed.hub, newest).await.is_err(), "keys replaced at once");
}

async fn client(bed: &Bed) -> OAuthClient {
    let new = NewClient {
        name: "Voice".to_owned(),
        application_type: ApplicationType::Web,
        redirect_uris: vec![CALLBACK.to_owned()],
        post_logout_redirect_uris: vec![],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::DeviceCode],
        scopes: Scopes::of([OAuthScope::OpenId]),
        auth_method: ClientAuthMethod::None,
        jwks: None,
        role: None,
        uri: None,
        logo: None,
    };
    clients::create(&bed.hub, &bed.owner, None, bed.organisation, new).await.unwrap().client
}

fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    Parameters::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
}

async fn ticket(bed: &Bed, client: &OAuthClient) -> String {
    let id = client.id.to_string();
    let request = parameters(&[
        ("response_type", "code"),
        ("client_id", &id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    match authorize::begin(&bed.hub, &request).await.unwrap() {
        Begun::Page { ticket } => ticket,
        Begun::Silently { .. } | Begun::Back(_) => panic!("nobody is asked"),
    }
}

fn error<T: std::fmt::Debug>(outcome: Result<T, OAuthError>) -> &'static str {
    match outcome {
        Err(OAuthError::Fault(fault)) => fault.error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a13_requests_and_codes_wait_for_so_long_and_no_longer() {
    let bed = Bed::new().await;
    housekeeper::once(&bed.hub).await.unwrap();
    let client = client(&bed).await;
    let nobody = Visitor::default();
    let late = ticket(&bed, &client).await;
    bed.clock.advance(15 * 60_000);
    let outcome = authorize::decide(&bed.hub, &in_person(&bed), &late, true, None, &nobody).await;
    assert!(matches!(outcome, Err(HubError::NotFound(_))), "{outcome:?}");

    let id = client.id.to_string();
    for (waits_ms, good) in [(59_999, true), (60_000, false)] {
        let ticket = ticket(&bed, &client).await;
        let to = authorize::decide(&bed.hub, &in_person(&bed), &ticket, true, None, &nobody).await.unwrap();
        let code = to.split("code=").nth(1).unwrap().split('&').next().unwrap();
        bed.clock.advance(waits_ms);
        let form = parameters(&[
            ("grant_type", "authorization_code"),
            ("client_id", &id),
            ("code", code),
            ("code_verifier", VERIFIER),
        ]);
        let outcome = grants::token(&bed.hub, None, &form, &nobody).await;
        assert_eq!(outcome.is_ok(), good, "{outcome:?}");
    }
}

#[tokio::test]
async fn a14_a_device_that_nobody_answers_is_told_so() {
    let bed = Bed::new().await;
    housekeeper::once(&bed.hub).await.unwrap();
    let client = client(&bed).await;
    let (nobody, id) = (Visitor::default(), client.id.to_string());
    let begun =
        device_grant::begin(&bed.hub, None, &parameters(&[("client_id", &id)]), &nobody).await.unwrap();
    let form = parameters(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", &id),
        ("device_code", &begun.device_code),
    ]);
    let poll = async || error(grants::token(&bed.hub, None, &form, &nobody).await);
    assert_eq!(poll().await, "authorization_pending");
    bed.clock.advance(2_000);
    assert_eq!(poll().await, "slow_down");
    // From now on ten seconds.
    bed.clock.advance(5_000);
    assert_eq!(poll().await, "slow_down");
    bed.clock.advance(15_000);
    assert_eq!(poll().await, "authorization_pending");
    bed.clock.advance(begun.expires_in_s * 1_000);
    assert_eq!(poll().await, "expired_token");
    let late = device_grant::decide(&bed.hub, &in_person(&bed), &begun.user_code, true, &nobody).await;
    assert!(matches!(late, Err(HubError::NotFound(_))), "{late:?}");
    housekeeper::once(&bed.hub).await.unwrap();
    assert_eq!(poll().await, "invalid_grant", "it is forgotten");
}
