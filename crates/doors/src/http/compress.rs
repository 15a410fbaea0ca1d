//! Answers in JSON go out compressed to who takes that: a page of events is a tenth of its size then. The portal's
//! files lie compressed already, and what streams is not held back for it.
//!
//! The length of a compressed answer tells something of its content to somebody who watches the line and can make a
//! signed-in browser ask: nobody can, for the session's cookie comes with no request of another site (`session.rs`).

use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// Below about one packet there is nothing to gain.
const LEAST_BYTES: u64 = 1_024;

/// At the fastest level: what a better one saves on the way, it costs here.
pub(super) fn layer() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(LEAST_BYTES).and(is_json))
}

fn is_json(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::response::Response;
    use axum::routing::get;
    use tower::ServiceExt as _;

    async fn ask(path: &str, accepted: Option<&str>) -> Response {
        let answer = |kind: &'static str, length: usize| {
            get(move || async move { ([(header::CONTENT_TYPE, kind)], "a".repeat(length)) })
        };
        let router = Router::new()
            .route("/large", answer("application/json", 50_000))
            .route("/small", answer("application/json", 100))
            .route("/events", answer("text/event-stream", 50_000))
            .route("/file", answer("text/csv", 50_000))
            .layer(layer());
        let mut request = Request::builder().uri(path);
        if let Some(accepted) = accepted {
            request = request.header(header::ACCEPT_ENCODING, accepted);
        }
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn coding(response: &Response) -> Option<&str> {
        response.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn only_json_that_gains_by_it_is_compressed_for_who_takes_it() {
        let large = ask("/large", Some("gzip, br")).await;
        assert_eq!(coding(&large), Some("gzip"));
        assert_eq!(large.headers()[header::VARY], "accept-encoding");
        let bytes = axum::body::to_bytes(large.into_body(), 50_000).await.unwrap();
        assert!(bytes.len() < 5_000, "{} bytes", bytes.len());
        for (path, accepted) in [
            ("/large", None),
            ("/large", Some("identity")),
            ("/large", Some("gzip;q=0")),
            ("/small", Some("gzip")),
            ("/events", Some("gzip")),
            ("/file", Some("gzip")),
        ] {
            assert_eq!(coding(&ask(path, accepted).await), None, "{path} {accepted:?}");
        }
    }
}
