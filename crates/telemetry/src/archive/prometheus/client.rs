//! The engine over HTTP: where it is, who we are to it, what its refusals mean.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig, parse_pem};
use ureq::typestate::WithBody;
use ureq::{Agent, Body, RequestBuilder};

use crate::TelemetryError;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// A larger answer is asked for in parts.
const ANSWER_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Of an engine's own words in an error.
const WORDS_MAX: usize = 300;

/// Where a Prometheus-compatible engine is.
#[derive(Clone, Debug)]
pub struct EngineAddress {
    /// `http://` or `https://`; the paths of the API come behind it.
    pub url: String,
    pub credentials: Credentials,
    /// How long a request may take as a whole.
    pub answer_within: Duration,
    /// The engine may lose what it took more recently, when it or its machine fails. Until then we keep it, too.
    pub confirm_after: Duration,
    /// PEM of the authorities that vouch for the engine; the public ones where `None`.
    pub authorities: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    None,
    Basic { username: String, password: String },
    Bearer(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::None => "None",
            Credentials::Basic { .. } => "Basic(..)",
            Credentials::Bearer(_) => "Bearer(..)",
        })
    }
}

impl Credentials {
    fn header(&self) -> Option<String> {
        match self {
            Credentials::None => None,
            Credentials::Basic { username, password } => {
                Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{username}:{password}"))))
            }
            Credentials::Bearer(token) => Some(format!("Bearer {token}")),
        }
    }
}

pub struct Client {
    agent: Agent,
    url: String,
    authorization: Option<String>,
}

/// What became of a query.
pub enum Answered {
    Body(Vec<u8>),
    /// Ask for less.
    TooLarge,
}

impl Client {
    pub fn new(address: &EngineAddress) -> Result<Client, TelemetryError> {
        let wrong = |why: String| TelemetryError::Other(format!("the telemetry engine's {why}"));
        if !(address.url.starts_with("http://") || address.url.starts_with("https://")) {
            return Err(wrong(format!("URL {:?} is neither http:// nor https://", address.url)));
        }
        let mut tls = TlsConfig::builder();
        if let Some(pem) = &address.authorities {
            let certificate = |item| match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(Ok(certificate)),
                Ok(_) => None,
                Err(error) => Some(Err(wrong(format!("authorities cannot be read: {error}")))),
            };
            let certificates = parse_pem(pem).filter_map(certificate).collect::<Result<Vec<_>, _>>()?;
            if certificates.is_empty() {
                return Err(wrong("file of authorities holds no certificate".to_owned()));
            }
            tls = tls.root_certs(RootCerts::from(certificates));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Credentials go nowhere else.
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT_WITHIN))
            .timeout_global(Some(address.answer_within))
            .user_agent(concat!("lares/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build());
        Ok(Client {
            agent: config.build().new_agent(),
            url: address.url.trim_end_matches('/').to_owned(),
            authorization: address.credentials.header(),
        })
    }

    /// One request of remote write, compressed here.
    pub fn write(&self, request: &[u8]) -> Result<(), TelemetryError> {
        let body = snap::raw::Encoder::new()
            .compress_vec(request)
            .map_err(|error| TelemetryError::Other(format!("snappy: {error}")))?;
        let request = self
            .post("/api/v1/write")
            .header("Content-Type", "application/x-protobuf")
            .header("Content-Encoding", "snappy")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0");
        accepted(request.send(&body[..])).map(drop)
    }

    /// An instant query, at a time in milliseconds since 1970.
    pub fn query(&self, expression: &str, at: i64) -> Result<Answered, TelemetryError> {
        let time = format!("{}.{:03}", at.div_euclid(1_000), at.rem_euclid(1_000));
        // VictoriaMetrics: neither answers of its cache nor a different time than was asked for.
        let form = [("query", expression), ("time", &time), ("nocache", "1")];
        let mut response = accepted(self.post("/api/v1/query").send_form(form))?;
        match response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec() {
            Ok(body) => Ok(Answered::Body(body)),
            Err(ureq::Error::BodyExceedsLimit(_)) => Ok(Answered::TooLarge),
            Err(error) => Err(away(&error)),
        }
    }

    /// Removes whole series.
    pub fn delete(&self, selector: &str) -> Result<(), TelemetryError> {
        let request = self.post("/api/v1/admin/tsdb/delete_series");
        accepted(request.send_form([("match[]", selector)])).map(drop)
    }

    fn post(&self, path: &str) -> RequestBuilder<WithBody> {
        let request = self.agent.post(format!("{}{path}", self.url));
        match &self.authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    }
}

fn away(error: &ureq::Error) -> TelemetryError {
    TelemetryError::Unavailable(format!("the telemetry engine: {error}"))
}

/// An answer of success, or what the refusal means: whether the same may be taken later.
fn accepted(response: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, TelemetryError> {
    let mut response = response.map_err(|error| away(&error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let words = response.body_mut().with_config().limit(64 * 1024).lossy_utf8(true).read_to_string();
    let words: String = words.unwrap_or_default().trim().chars().take(WORDS_MAX).collect();
    let why = format!("the telemetry engine answers {status}: {words}");
    Err(match status.as_u16() {
        401 | 403 | 404 | 408 | 429 | 500..=599 | 300..=399 => TelemetryError::Unavailable(why),
        _ => TelemetryError::Other(why),
    })
}
