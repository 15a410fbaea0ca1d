//! Requests for authorization: what is refused, and when a person is asked.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::id::OrganisationId;
use crate::oauth::OAuthScope;
use crate::oauth_client::{ApplicationType, ClientAuthMethod};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const API: &str = "https://home.example/api";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn client() -> OAuthClient {
    OAuthClient {
        id: OAuthClientId(Uuid::from_u128(1)),
        organisation: OrganisationId(Uuid::from_u128(2)),
        name: "Voice".to_owned(),
        application_type: ApplicationType::Web,
        redirect_uris: vec!["https://voice.example/cb?a=b".to_owned()],
        post_logout_redirect_uris: vec![],
        grant_types: vec![GrantType::AuthorizationCode],
        scopes: Scopes::of([OAuthScope::OpenId, OAuthScope::HomesRead]),
        auth_method: ClientAuthMethod::None,
        jwks: None,
        role: None,
        uri: None,
        logo: None,
        disabled: false,
        dynamic: false,
        previous_secret_until: None,
        created_at: UnixMillis(0),
        updated_at: UnixMillis(0),
    }
}

fn good() -> Vec<(&'static str, &'static str)> {
    vec![
        ("response_type", "code"),
        ("client_id", "00000000-0000-0000-0000-000000000001"),
        ("redirect_uri", "https://voice.example/cb?a=b"),
        ("scope", "openid homes:read"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "a b&c"),
    ]
}

fn judged(change: &[(&str, &str)]) -> Result<AuthorizationRequest, &'static str> {
    let mut pairs: BTreeMap<_, _> = good().into_iter().collect();
    pairs.extend(change.iter().copied());
    let owned = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let parameters = Parameters::of(owned).map_err(|fault| fault.error)?;
    let at = answer_at(&parameters, &client()).map_err(|fault| fault.error)?.to_owned();
    authorization(&parameters, &client(), &at, API, NOW).map_err(|fault| fault.error)
}

#[test]
fn a13_a_request_is_judged_by_its_parameters() {
    let request = judged(&[("nonce", "n"), ("max_age", "60"), ("resource", API)]).unwrap();
    assert_eq!((request.nonce.as_deref(), request.max_age_s), (Some("n"), Some(60)));
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("response_mode", "fragment", "invalid_request"),
        ("redirect_uri", "https://voice.example/cb", "invalid_request"),
        ("redirect_uri", "", "invalid_request"),
        ("scope", "", "invalid_scope"),
        ("scope", "nonsense", "invalid_scope"),
        ("scope", "doors:unlock", "invalid_scope"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", VERIFIER, "none"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("prompt", "dance", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("resource", "https://other.example/api", "invalid_target"),
        ("request", "eyJ", "request_not_supported"),
        ("request_uri", "https://voice.example/r", "request_uri_not_supported"),
    ] {
        let outcome = judged(&[(name, value)]);
        assert_eq!(outcome.err().unwrap_or("none"), error, "{name}={value}");
    }
    let twice = [("state".to_owned(), "a".to_owned()), ("state".to_owned(), "a".to_owned())];
    assert_eq!(Parameters::of(twice).unwrap_err().error, "invalid_request");
}

#[test]
fn a13_a_resource_may_be_named_several_times_and_each_is_this_api() {
    let named = |resources: &[&str]| {
        let pairs = resources.iter().map(|resource| ("resource".to_owned(), (*resource).to_owned()));
        for_this_api(&Parameters::of(pairs).unwrap(), API).map_err(|fault| fault.error)
    };
    assert_eq!(named(&[]), Ok(()));
    assert_eq!(named(&[API, "", API]), Ok(()));
    assert_eq!(named(&[API, "https://other.example/api"]), Err("invalid_target"));
    assert_eq!(named(&["https://other.example/api", API]), Err("invalid_target"));
}

#[test]
fn a13_the_verifier_of_rfc_7636_verifies() {
    assert!(verifies(VERIFIER, CHALLENGE));
    for bad in ["", CHALLENGE, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"] {
        assert!(!verifies(bad, CHALLENGE), "{bad}");
    }
    let short = "short";
    assert!(!verifies(short, &URL_SAFE_NO_PAD.encode(Sha256::digest(short))));
}

proptest! {
    #[test]
    fn a13_no_other_verifier_verifies(verifier in "[A-Za-z0-9._~-]{43,128}") {
        prop_assert_eq!(verifies(&verifier, CHALLENGE), verifier == VERIFIER);
    }

    #[test]
    fn what_is_answered_can_be_read_again(state in "\\PC{0,40}") {
        let uri = with_query("https://voice.example/cb?a=b", &[("state", &state)]);
        prop_assert!(Uri::parse(&uri).is_some());
        let (_, encoded) = uri.rsplit_once("&state=").unwrap();
        let mut bytes = Vec::new();
        let mut rest = encoded.bytes();
        while let Some(byte) = rest.next() {
            let hex = |c: Option<u8>| char::from(c.unwrap()).to_digit(16).unwrap() as u8;
            bytes.push(if byte == b'%' { hex(rest.next()) * 16 + hex(rest.next()) } else { byte });
        }
        prop_assert_eq!(String::from_utf8(bytes).unwrap(), state);
    }
}

use crate::oauth_client::Uri;

#[test]
fn the_person_is_asked_when_something_is_new() {
    let scopes = |text| Some(Scopes::parse(text).unwrap());
    let request = judged(&[]).unwrap();
    let of = |request: &AuthorizationRequest, at: i64, known| {
        next(request, &client(), who(at), known, NOW + 5_000)
    };
    assert_eq!(of(&request, -1, None), Next::Ask);
    assert_eq!(of(&request, -1, scopes("openid")), Next::Ask, "its wishes grew");
    assert_eq!(of(&request, -1, scopes("openid homes:read email")), Next::Grant);
    let consent = judged(&[("prompt", "consent")]).unwrap();
    assert_eq!(of(&consent, -1, scopes("openid homes:read")), Next::Ask);
    let login = judged(&[("prompt", "login")]).unwrap();
    assert_eq!(of(&login, -1, scopes("openid homes:read")), Next::Authenticate);
    assert_eq!(of(&login, 1, scopes("openid homes:read")), Next::Grant);
    let aged = judged(&[("max_age", "10")]).unwrap();
    assert_eq!(of(&aged, -5_001, None), Next::Authenticate);
    assert_eq!(of(&aged, -5_000, None), Next::Ask);
    let at_once = judged(&[("max_age", "0")]).unwrap();
    assert_eq!(of(&at_once, -1, None), Next::Authenticate);
    assert_eq!(of(&at_once, 1, None), Next::Ask, "who just proved themselves is not asked to again");
    let other = UserId(uuid::Uuid::from_u128(2));
    let meant = AuthorizationRequest { meant: Some(other), ..judged(&[]).unwrap() };
    assert_eq!(of(&meant, 1, scopes("openid homes:read email")), Next::SomebodyElse);
    let meant = AuthorizationRequest { meant: Some(who(0).user), ..meant };
    assert_eq!(of(&meant, 1, scopes("openid homes:read email")), Next::Grant);
}

fn who(at: i64) -> Who {
    Who { user: UserId(uuid::Uuid::from_u128(1)), authenticated_at: NOW + at }
}

#[test]
fn scopes_that_nobody_knows_are_as_if_they_were_not_there() {
    assert_eq!(judged(&[("scope", "openid homes:read address phone")]).unwrap(), judged(&[]).unwrap());
    for nothing in ["", "address", "account:manage"] {
        assert_eq!(judged(&[("scope", nothing)]).unwrap_err(), "invalid_scope", "{nothing:?}");
    }
}

#[test]
fn who_may_be_anybody_is_asked_for_every_time() {
    let native = OAuthClient {
        application_type: ApplicationType::Native,
        redirect_uris: vec!["http://127.0.0.1/cb".to_owned()],
        ..client()
    };
    let request =
        AuthorizationRequest { redirect_uri: "http://127.0.0.1:7/cb".to_owned(), ..judged(&[]).unwrap() };
    assert_eq!(next(&request, &native, who(0), Some(Scopes::GRANTABLE), NOW), Next::Ask);
}

#[test]
fn an_answer_carries_state_and_issuer() {
    let request = judged(&[]).unwrap();
    assert_eq!(
        answer(&request, "https://home.example", &[("code", "c/1")]),
        "https://voice.example/cb?a=b&code=c%2F1&state=a%20b%26c&iss=https%3A%2F%2Fhome.example"
    );
}
