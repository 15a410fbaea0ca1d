//! OpenID Connect with a provider, one conversation after the other. Answers are bounded in size and time, no redirect
//! is followed, and no word of a provider is passed on: it could hold what is nobody's business.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
    CoreGenderClaim, CoreGrantType, CoreIdTokenClaims, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AdditionalProviderMetadata, AuthType, AuthorizationCode, ClaimsVerificationError,
    ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, LocalizedClaim, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadata, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};

use super::judgement::address_of;
use super::{ProviderSettings, Returned, Vouched};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// Signatures that are checked with a public key. Not those with a shared secret, and not none.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Extra {
    /// RFC 9207.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

pub(super) type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What is asked of a provider.
pub(super) struct Asked {
    pub redirect_uri: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// What came back, and what it was asked for with.
pub(super) struct Redemption {
    pub redirect_uri: String,
    pub returned: Returned,
    pub nonce: String,
    pub verifier: String,
}

/// Why a conversation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Unavailable(&'static str),
    /// The person said no.
    Denied,
    UnknownKey,
    Refused(&'static str),
}

#[derive(Debug, thiserror::Error)]
enum HttpFault {
    #[error("no answer")]
    NoAnswer(#[from] ureq::Error),
    #[error("no answer that could be one")]
    Unfit(#[from] ureq::http::Error),
}

/// The way to a provider.
#[derive(Clone)]
pub(super) struct Line {
    settings: Arc<ProviderSettings>,
    agent: ureq::Agent,
}

impl Line {
    pub fn new(settings: Arc<ProviderSettings>) -> Line {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_connect(Some(CONNECT_WITHIN))
            .timeout_global(Some(ANSWER_WITHIN))
            .user_agent(concat!("lares/", env!("CARGO_PKG_VERSION")));
        Line { settings, agent: config.build().new_agent() }
    }

    fn http(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        let mut answer = self.agent.run(request)?;
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        let mut response = ureq::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        Ok(response.body(body)?)
    }

    pub fn discover(&self) -> Result<Metadata, Fault> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone())
            .map_err(|_| Fault::Unavailable("its issuer is no URL"))?;
        Metadata::discover(&issuer, &|request| self.http(request))
            .map_err(|_| Fault::Unavailable("it does not describe itself under its issuer's URL"))
    }

    fn client(&self, metadata: &Metadata, redirect_uri: &str) -> Result<Client, &'static str> {
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = self.settings.client_secret.clone().map(ClientSecret::new);
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| "http.public_url is no URL")?;
        let ways = metadata.token_endpoint_auth_methods_supported();
        let takes = |way| ways.is_some_and(|ways| ways.contains(&way));
        let in_body =
            takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
        let how = if in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret);
        Ok(client.set_redirect_uri(redirect).set_auth_type(how))
    }

    pub fn authorization_url(&self, metadata: &Metadata, asked: Asked) -> Result<String, &'static str> {
        let Asked { redirect_uri, state, nonce, verifier } = asked;
        let client = self.client(metadata, &redirect_uri)?;
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = client.authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce));
        for scope in self.settings.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier));
        Ok(request.set_pkce_challenge(challenge).url().0.to_string())
    }

    /// What a code is worth.
    pub fn exchange(&self, metadata: &Metadata, asked: &Redemption) -> Result<CoreTokenResponse, Fault> {
        let code = code_of(&asked.returned, metadata)?;
        let client = self.client(metadata, &asked.redirect_uri).map_err(Fault::Unavailable)?;
        let request = client.exchange_code(AuthorizationCode::new(code));
        let request = request.map_err(|_| Fault::Unavailable("it has no token endpoint"))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(asked.verifier.clone()));
        request.request(&|request| self.http(request)).map_err(|error| match error {
            RequestTokenError::ServerResponse(_) => Fault::Refused("it did not take the code"),
            RequestTokenError::Request(_) => Fault::Unavailable("its token endpoint gave no answer"),
            _ => Fault::Refused("its token endpoint's answer is none"),
        })
    }

    /// Whom the tokens are about.
    pub fn verify(
        &self,
        metadata: &Metadata,
        tokens: &CoreTokenResponse,
        asked: &Redemption,
    ) -> Result<Vouched, Fault> {
        let client = self.client(metadata, &asked.redirect_uri).map_err(Fault::Unavailable)?;
        let id_token = tokens.id_token().ok_or(Fault::Refused("there is no ID token"))?;
        // Judged by the clock of the library: a demo's may run ahead of everybody else's.
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        let claims =
            id_token.claims(&verifier, &Nonce::new(asked.nonce.clone())).map_err(|error| fault_of(&error))?;
        if let Some(expected) = claims.access_token_hash() {
            let unfit = |_| Fault::Refused("its access token cannot be compared");
            let algorithm = id_token.signing_alg().map_err(|_| Fault::Refused("its algorithm is unknown"))?;
            let key = id_token.signing_key(&verifier).map_err(|_| Fault::UnknownKey)?;
            let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(unfit)?;
            if actual != *expected {
                return Err(Fault::Refused("the access token is not the ID token's"));
            }
        }
        let vouched = vouched(claims);
        if vouched.email.is_some() { Ok(vouched) } else { self.completed(&client, tokens, vouched) }
    }

    /// Many tell the address at their userinfo endpoint only.
    fn completed(
        &self,
        client: &Client,
        tokens: &CoreTokenResponse,
        vouched: Vouched,
    ) -> Result<Vouched, Fault> {
        let subject = openidconnect::SubjectIdentifier::new(vouched.subject.clone());
        let Ok(request) = client.user_info(tokens.access_token().clone(), Some(subject)) else {
            return Ok(vouched);
        };
        let told: UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim> = request
            .request(&|request| self.http(request))
            .map_err(|_| Fault::Refused("its userinfo is not about the one who signed in"))?;
        let email = told.email().and_then(|email| address_of(email));
        let name = plain(told.name().and_then(|name| name.get(None)).map(|name| name.as_str()));
        Ok(Vouched {
            verified: email.is_some() && told.email_verified() == Some(true),
            email,
            name: vouched.name.or(name),
            ..vouched
        })
    }
}

fn plain(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

fn vouched(claims: &CoreIdTokenClaims) -> Vouched {
    let email = claims.email().and_then(|email| address_of(email));
    Vouched {
        issuer: claims.issuer().to_string(),
        subject: claims.subject().to_string(),
        verified: email.is_some() && claims.email_verified() == Some(true),
        email,
        name: plain(
            claims
                .name()
                .and_then(|name: &LocalizedClaim<_>| name.get(None))
                .map(|name: &openidconnect::EndUserName| name.as_str()),
        ),
    }
}

/// The code, from whom it should come (RFC 9207).
fn code_of(returned: &Returned, metadata: &Metadata) -> Result<String, Fault> {
    let says = metadata.additional_metadata().authorization_response_iss_parameter_supported;
    match &returned.iss {
        Some(issuer) if *issuer != **metadata.issuer() => {
            return Err(Fault::Refused("the answer came from another issuer"));
        }
        None if says => return Err(Fault::Refused("the answer does not say from which issuer it is")),
        _ => {}
    }
    match (&returned.code, returned.error.as_deref()) {
        (_, Some("access_denied")) => Err(Fault::Denied),
        (_, Some(_)) => Err(Fault::Refused("it gave an error instead of a code")),
        (Some(code), None) => Ok(code.clone()),
        (None, None) => Err(Fault::Refused("there is no code")),
    }
}

fn fault_of(error: &ClaimsVerificationError) -> Fault {
    match error {
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
        ) => Fault::UnknownKey,
        ClaimsVerificationError::SignatureVerification(_) => {
            Fault::Refused("the ID token's signature is no good")
        }
        ClaimsVerificationError::InvalidIssuer(_) => Fault::Refused("the ID token is of another issuer"),
        ClaimsVerificationError::InvalidAudience(_) => Fault::Refused("the ID token is for somebody else"),
        ClaimsVerificationError::InvalidNonce(_) => {
            Fault::Refused("the ID token was made for another sign-in")
        }
        ClaimsVerificationError::Expired(_) => Fault::Refused("the ID token is too old"),
        _ => Fault::Refused("the ID token is no good"),
    }
}
