//! Taking requests apart: bodies, queries, path ids and idempotency keys, each refusal naming field and reason.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use lares_hub::{Caller, Hub, Once, identity};
use lares_model::Invalid;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::Door;
use super::problem::Problem;

const KEY_MAX_CHARS: usize = 255;
/// A body that took so long is judged by the rights of its end.
const LATE: Duration = Duration::from_millis(250);

/// The authenticated caller. The guard put it there; on a public route there is none.
pub struct Who(pub Caller);

impl FromRequestParts<Door> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Door) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.map(Who).ok_or_else(|| Problem::new(401, "Unauthorized", "sign in first"))
    }
}

/// An id in the path. What is not an id names nothing.
pub struct Id<T>(pub T);

impl<T> FromRequestParts<Door> for Id<T>
where
    T: From<IdText> + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Door) -> Result<Self, Problem> {
        let nothing = || Problem::new(404, "Not found", "there is nothing with this id");
        let Path(ids) =
            Path::<Vec<(String, String)>>::from_request_parts(parts, state).await.map_err(|_| nothing())?;
        let (_, text) = ids.last().ok_or_else(nothing)?;
        let id = uuid::Uuid::parse_str(text).map_err(|_| nothing())?;
        Ok(Id(IdText(id).into()))
    }
}

/// Two ids in the path, outer first.
pub struct Ids<A, B>(pub A, pub B);

impl<A, B> FromRequestParts<Door> for Ids<A, B>
where
    A: From<IdText> + Send,
    B: From<IdText> + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Door) -> Result<Self, Problem> {
        let path = Path::<(uuid::Uuid, uuid::Uuid)>::from_request_parts(parts, state).await;
        let Path((outer, inner)) =
            path.map_err(|_| Problem::new(404, "Not found", "there is nothing with this id"))?;
        Ok(Ids(IdText(outer).into(), IdText(inner).into()))
    }
}

/// A parsed id before it has a kind.
pub struct IdText(pub uuid::Uuid);

macro_rules! ids_in_paths {
    ($($kind:ty),+ $(,)?) => {$(
        impl From<IdText> for $kind {
            fn from(id: IdText) -> Self {
                Self(id.0)
            }
        }
    )+};
}

ids_in_paths!(
    lares_model::OrganisationId,
    lares_model::HomeId,
    lares_model::RoomId,
    lares_model::DeviceId,
    lares_model::CommandId,
    lares_model::EventId,
    lares_model::TokenId,
    lares_model::MembershipId,
    lares_model::MqttClientId,
    lares_model::MqttSessionId,
    lares_model::DiscoveredId,
    lares_model::WebhookId,
    lares_model::CertificateId,
    lares_model::InvitationId,
    lares_model::AlarmId,
    lares_model::NotificationId,
    lares_model::SessionId,
    lares_model::OAuthClientId,
    lares_model::DeviceKeyId,
    lares_model::PasskeyId,
    lares_model::IdentityId,
);

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequest<Door> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Door) -> Result<Self, Problem> {
        expect_content(request.headers(), "application/json")?;
        let bytes = body_bytes(request, state).await?;
        parse_json(&bytes).map(Body)
    }
}

/// A JSON body with its idempotency key.
pub struct Posted<T>(pub Option<Once>, pub T);

impl<T: DeserializeOwned + Send> FromRequest<Door> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Door) -> Result<Self, Problem> {
        expect_content(request.headers(), "application/json")?;
        let (once, bytes) = keyed_bytes(request, state).await?;
        Ok(Posted(once, parse_json(&bytes)?))
    }
}

/// A CSV body with its idempotency key.
pub struct PostedCsv(pub Option<Once>, pub Bytes);

impl FromRequest<Door> for PostedCsv {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Door) -> Result<Self, Problem> {
        expect_content(request.headers(), "text/csv")?;
        let (once, bytes) = keyed_bytes(request, state).await?;
        Ok(PostedCsv(once, bytes))
    }
}

/// No body, with its idempotency key.
pub struct Bare(pub Option<Once>);

impl FromRequest<Door> for Bare {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Door) -> Result<Self, Problem> {
        Ok(Bare(keyed_bytes(request, state).await?.0))
    }
}

/// Query parameters; unknown ones are refused, since a filter that is misspelt would show everything.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Door> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Door) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query)
            .map_err(|error| Problem::from(Invalid::one("query", error.to_string())))?;
        for (index, (name, value)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(other, _)| other == name) {
                return Err(Invalid::one(name.clone(), "is there twice").into());
            }
            if value.contains('\0') {
                return Err(Invalid::one(name.clone(), "must not contain NUL").into());
            }
        }
        let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(deserializer).map(Params).map_err(|error| {
            let (path, reason) = (error.path().to_string(), error.inner().to_string());
            let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
            let whole = || missing.unwrap_or("query").to_owned();
            Invalid::one(if path == "." { whole() } else { path }, reason).into()
        })
    }
}

pub(super) async fn body_bytes(request: Request, state: &Door) -> Result<Bytes, Problem> {
    let caller = request.extensions().get::<Caller>().cloned();
    let began = Instant::now();
    let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == 413 {
            Problem::new(413, "Content too large", "the body is larger than this server takes")
        } else {
            Problem::new(400, "Bad request", "the body could not be read to its end")
        }
    })?;
    match caller {
        Some(caller) if began.elapsed() >= LATE => still_the_same(&state.hub, &caller).await?,
        _ => {}
    }
    Ok(bytes)
}

/// Who was let in with the head of a request and holds its body back keeps no rights by that.
async fn still_the_same(hub: &Hub, caller: &Caller) -> Result<(), Problem> {
    if identity::caller_again(hub, caller).await?.may_the_same_as(caller) {
        return Ok(());
    }
    Err(Problem::new(403, "Forbidden", "what you may do has changed since this request began; ask again"))
}

async fn keyed_bytes(request: Request, state: &Door) -> Result<(Option<Once>, Bytes), Problem> {
    let key = idempotency_key(request.headers())?;
    let mut hash = Sha256::new();
    hash.update(request.method().as_str());
    hash.update([0]);
    hash.update(request.uri().path().trim_end_matches('/'));
    hash.update([0]);
    let bytes = body_bytes(request, state).await?;
    hash.update(&bytes);
    let request_sha256 = hash.finalize().into();
    Ok((key.map(|key| Once { key, request_sha256 }), bytes))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let refused =
        || Problem::from(Invalid::one("Idempotency-Key", "must have from 1 to 255 visible ASCII characters"));
    let text = value.to_str().map_err(|_| refused())?;
    let fits =
        !text.is_empty() && text.len() <= KEY_MAX_CHARS && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(Some(text.to_owned())) } else { Err(refused()) }
}

pub(super) fn expect_content(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Problem::new(415, "Unsupported media type", format!("send this as {expected}")))
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A structure's fields in an array would be taken for it.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Invalid::one("", "must be a JSON object, not an array").into());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer_of(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            Problem::from(located(pointer, &inner.to_string()))
        } else {
            Problem::new(400, "Malformed JSON", format!("the body is not JSON: {inner}"))
        }
    })?;
    deserializer.end().map_err(|error| Problem::new(400, "Malformed JSON", error.to_string()))?;
    Ok(parsed)
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// A missing or unknown field is reported at its parent; the pointer should name the field itself.
fn located(pointer: String, reason: &str) -> Invalid {
    let reason = reason.rsplit_once(" at line ").map_or(reason, |(head, _)| head);
    let field = reason
        .strip_prefix("missing field `")
        .or_else(|| {
            reason
                .strip_prefix("unknown field `")
                .filter(|rest| !pointer.ends_with(rest.split('`').next().unwrap_or("\0")))
        })
        .and_then(|rest| rest.split('`').next());
    match field {
        Some(field) => Invalid::one(format!("{pointer}/{field}"), reason),
        None => Invalid::one(pointer, reason),
    }
}
