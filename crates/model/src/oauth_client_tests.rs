//! What a client may say of itself, and where it may be answered.

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::*;

pub fn client() -> OAuthClient {
    OAuthClient {
        id: OAuthClientId(Uuid::from_u128(1)),
        organisation: OrganisationId(Uuid::from_u128(2)),
        name: "Voice".to_owned(),
        application_type: ApplicationType::Web,
        redirect_uris: vec!["https://voice.example/cb".to_owned()],
        post_logout_redirect_uris: vec![],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scopes: Scopes::of([OAuthScope::OpenId, OAuthScope::HomesRead]),
        auth_method: ClientAuthMethod::ClientSecretBasic,
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

fn wrong(client: &OAuthClient) -> Vec<String> {
    client.check().err().map(|e| e.errors.into_iter().map(|e| e.field).collect()).unwrap_or_default()
}

#[test]
fn a13_an_answer_goes_to_the_very_address_that_was_registered() {
    let web = client();
    assert!(web.may_be_answered_at("https://voice.example/cb"));
    for other in [
        "https://voice.example/cb/",
        "https://voice.example/cb?x=1",
        "https://voice.example/CB",
        "https://voice.example:443/cb",
        "https://voice.example/cb/../cb",
        "https://voice.example.evil.example/cb",
        "http://voice.example/cb",
        "https://voice.example/cb#x",
        "",
    ] {
        assert!(!web.may_be_answered_at(other), "{other}");
    }
}

#[test]
fn a13_only_a_native_app_finds_its_own_port() {
    let registered = vec!["http://127.0.0.1/cb".to_owned(), "http://[::1]:1/cb".to_owned()];
    let native = OAuthClient {
        application_type: ApplicationType::Native,
        redirect_uris: registered.clone(),
        ..client()
    };
    for good in ["http://127.0.0.1:5000/cb", "http://127.0.0.1/cb", "http://[::1]:7/cb", "http://[::1]/cb"] {
        assert!(native.may_be_answered_at(good), "{good}");
    }
    for bad in [
        "http://127.0.0.1:5000/other",
        "http://127.0.0.1:x/cb",
        "http://127.0.0.1:70000/cb",
        "http://127.0.0.1:5000@evil.example/cb",
        "http://127.0.0.1.evil.example:5000/cb",
        "https://127.0.0.1:5000/cb",
        "http://localhost:5000/cb",
    ] {
        assert!(!native.may_be_answered_at(bad), "{bad}");
    }
    let web = OAuthClient { redirect_uris: registered, ..client() };
    assert!(!web.may_be_answered_at("http://127.0.0.1:5000/cb"));
    assert!(web.may_be_answered_at("http://127.0.0.1/cb"));
}

proptest! {
    #[test]
    fn a13_nothing_but_the_port_is_left_open(given in "(http|https)://(127.0.0.1|localhost|a.example)(:[0-9]{1,5})?/[a-c]{0,2}(\\?[a-c])?") {
        let native = OAuthClient {
            application_type: ApplicationType::Native,
            redirect_uris: vec!["http://127.0.0.1:9/ab".to_owned()],
            ..client()
        };
        let after = given.strip_prefix("http://127.0.0.1").and_then(|rest| rest.strip_suffix("/ab"));
        let port = after.is_some_and(|port| {
            port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok())
        });
        prop_assert_eq!(native.may_be_answered_at(&given), port);
    }
}

#[test]
fn what_a_client_says_of_itself_fits_together() {
    assert_eq!(wrong(&client()), Vec::<String>::new());
    let uris = |uris: &[&str]| OAuthClient {
        redirect_uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
        ..client()
    };
    for bad in [
        "http://voice.example/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "org.example.app:/cb",
        "https://a@b.example/",
        "https://",
        "/cb",
        "https://voice.example/cb#frag",
        "https://voice.example/ü",
        "HTTPS://voice.example/cb",
    ] {
        assert_eq!(wrong(&uris(&[bad])), ["/redirect_uris/0"], "{bad}");
    }
    assert_eq!(wrong(&uris(&[])), ["/redirect_uris"]);
    let native = OAuthClient { application_type: ApplicationType::Native, ..uris(&["org.example.app:/cb"]) };
    assert_eq!(wrong(&native), Vec::<String>::new());
    let script = OAuthClient { application_type: ApplicationType::Native, ..uris(&["javascript:alert(1)"]) };
    assert_eq!(wrong(&script), ["/redirect_uris/0"]);
    let greedy = OAuthClient { scopes: Scopes::ALL, ..client() };
    assert_eq!(wrong(&greedy), ["/scopes"]);
    let keyless = OAuthClient { auth_method: ClientAuthMethod::PrivateKeyJwt, ..client() };
    assert_eq!(wrong(&keyless), ["/jwks"]);
    let weak = OAuthClient { jwks: Some(json!({ "keys": [{ "kty": "RSA" }] })), ..keyless };
    assert_eq!(wrong(&weak), ["/jwks"]);
}

#[test]
fn a_service_is_a_client_of_its_own() {
    let service = OAuthClient {
        redirect_uris: vec![],
        grant_types: vec![GrantType::ClientCredentials],
        scopes: Scopes::of([OAuthScope::HomesRead]),
        role: Some(Role::Viewer),
        ..client()
    };
    assert_eq!(wrong(&service), Vec::<String>::new());
    assert_eq!(wrong(&OAuthClient { role: None, ..service.clone() }), ["/role"]);
    let public = OAuthClient { auth_method: ClientAuthMethod::None, ..service.clone() };
    assert_eq!(wrong(&public), ["/token_endpoint_auth_method"]);
    let both = OAuthClient {
        grant_types: vec![GrantType::ClientCredentials, GrantType::AuthorizationCode],
        redirect_uris: vec!["https://voice.example/cb".to_owned()],
        ..service.clone()
    };
    assert_eq!(wrong(&both), ["/grant_types"]);
    assert_eq!(wrong(&OAuthClient { scopes: Scopes::GRANTABLE, ..service }), ["/scopes"]);
    assert_eq!(wrong(&OAuthClient { role: Some(Role::Owner), ..client() }), ["/role"]);
}
