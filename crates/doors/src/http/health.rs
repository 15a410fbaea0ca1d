//! Whether the process lives, whether it is ready, and its metrics for Prometheus.

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Door;
use super::problem::Problem;

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operation", operation_id = "isAlive",
    responses((status = 200, description = "Alive", body = String, content_type = "text/plain")))]
pub async fn live() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "ok\n")
}

/// The log is folded up to its end and the storage answers.
#[utoipa::path(get, path = "/readyz", tag = "operation", operation_id = "isReady", responses(
    (status = 200, description = "Ready", body = String, content_type = "text/plain"),
    (status = 503, description = "Not ready yet", body = Problem, content_type = "application/problem+json")))]
pub async fn ready(State(door): State<Door>) -> Result<Response, Problem> {
    if !*door.ready.borrow() {
        return Err(Problem::new(503, "Not ready", "still catching up with the ingest log"));
    }
    if !door.hub.follows() {
        return Err(Problem::new(503, "Not ready", "what devices report cannot be turned into events now"));
    }
    if let Err(error) = door.hub.store.ping().await {
        tracing::warn!(%error, "the relational store does not answer");
        return Err(Problem::new(503, "Not ready", "the relational store does not answer"));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "ready\n").into_response())
}

/// Metrics in Prometheus's text format; for loopback only unless configured otherwise.
#[utoipa::path(get, path = "/metrics", tag = "operation", operation_id = "getMetrics", responses(
    (status = 200, description = "Metrics", body = String, content_type = "text/plain"),
    (status = 404, description = "Not for this address", body = Problem, content_type = "application/problem+json")))]
pub async fn metrics(State(door): State<Door>, request: Request) -> Result<Response, Problem> {
    let loopback = door.limits.peer(&request).is_none_or(|peer| peer.is_loopback());
    if !loopback && !door.metrics_public {
        return Err(Problem::new(404, "Not found", "metrics are shown to loopback addresses only"));
    }
    let stats = door.hub.telemetry.stats();
    metrics::gauge!("lares_log_head").set(door.hub.telemetry.head().0 as f64);
    metrics::counter!("lares_log_batches_total").absolute(stats.batches);
    metrics::counter!("lares_log_failed_batches_total").absolute(stats.failed_batches);
    metrics::gauge!("lares_devices").set(door.hub.directory.len() as f64);
    let text = door.metrics.render();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
