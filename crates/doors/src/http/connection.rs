//! How devices reach this server: what a person who sets one up has to know besides its credentials.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Door;

/// Where devices come in. The host is the one under which this API was reached.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct ConnectionView {
    /// Port of MQTT over TLS; absent when the server does not listen for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtts_port: Option<u16>,
    /// The authority that signed the server's certificate (PEM), where the server made its own; devices check the
    /// server with it. Absent when the operator brought a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
}

/// Where devices come in, and the authority that they check the server with.
#[utoipa::path(get, path = "/api/iot/connection", tag = "devices", operation_id = "getConnection",
    responses((status = 200, description = "Where devices come in", body = ConnectionView)))]
pub async fn get(State(door): State<Door>) -> Json<ConnectionView> {
    Json(door.connection.clone())
}
