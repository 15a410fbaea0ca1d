//! The API's document and a page to browse and try it.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use utoipa_swagger_ui::Config;

use super::Door;
use super::problem::Problem;

/// Leads to the API page.
#[utoipa::path(get, path = "/api/docs", tag = "operation", operation_id = "getApiPage",
    responses((status = 303, description = "The API page")))]
pub async fn redirect() -> Redirect {
    Redirect::to("/api/docs/index.html")
}

/// A file of the API page.
#[utoipa::path(get, path = "/api/docs/{file}", tag = "operation", operation_id = "getApiPageFile",
    params(("file" = String, Path, description = "File name")),
    responses((status = 200, description = "The file"),
        (status = 404, description = "No such file", body = Problem, content_type = "application/problem+json")))]
pub async fn page(Path(file): Path<String>) -> Result<Response, Problem> {
    let config = std::sync::Arc::new(Config::from("/api/openapi.json").persist_authorization(false));
    let found = utoipa_swagger_ui::serve(&file, config)
        .map_err(|error| Problem::new(404, "Not found", error.to_string()))?
        .ok_or_else(|| Problem::new(404, "Not found", "the API page has no such file"))?;
    let headers = [(header::CONTENT_TYPE, found.content_type)];
    Ok((StatusCode::OK, headers, found.bytes.into_owned()).into_response())
}

/// This API as an OpenAPI 3.1 document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "operation", operation_id = "getOpenApi",
    responses((status = 200, description = "The document", body = Object)))]
pub async fn openapi(State(door): State<Door>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], door.openapi.to_string())
}
