//! The catalogue of capabilities: what devices can tell and do.

use axum::Json;
use lares_model::capability::{CapabilityView, capabilities};

/// Every capability with its attributes, units and commands (Matter Application Cluster Specification 1.4).
#[utoipa::path(get, path = "/api/capabilities", tag = "devices", operation_id = "listCapabilities",
    responses((status = 200, description = "The catalogue", body = Vec<CapabilityView>)))]
pub async fn list() -> Json<Vec<CapabilityView>> {
    Json(capabilities().iter().map(CapabilityView::from).collect())
}
