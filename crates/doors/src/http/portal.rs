//! The portal's files, embedded when the binary is built: found by exact path in a fixed list, so that there is no
//! way out of it; any other page of the portal is its index, which finds its own way in the browser.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::problem::Problem;

type Embedded = &'static [(&'static str, &'static [u8])];

static EMBEDDED: Embedded = include!(concat!(env!("OUT_DIR"), "/portal_files.rs"));
static PORTAL: LazyLock<Portal> = LazyLock::new(|| Portal::of(EMBEDDED));

const INDEX: &str = "/index.html";
const NOT_BUILT: &str = include_str!("portal_not_built.html");

/// A name under here holds the hash of its content, so what it names never changes.
const HASHED: &str = "/assets/";

/// Ways in which a file may lie beside itself, best first: coding, suffix.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

struct Portal(BTreeMap<&'static str, File>);

struct File {
    bytes: &'static [u8],
    /// Quoted, without a coding's mark.
    etag: String,
}

impl Portal {
    fn of(files: Embedded) -> Portal {
        let with_index = files.iter().any(|(path, _)| *path == INDEX);
        let explained = [(INDEX, NOT_BUILT.as_bytes())];
        let all = files.iter().chain(explained.iter().filter(|_| !with_index));
        Portal(all.map(|(path, bytes)| (*path, File { bytes, etag: etag_of(bytes) })).collect())
    }

    /// What lies at this path, or the index for a page; `None` where there is nothing for a browser.
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        if method != Method::GET && method != Method::HEAD {
            return None;
        }
        let is_page = path == "/" || (wants_html(headers) && !is_reserved(path));
        // A compressed sibling is a form of its file and no file of its own.
        let is_sibling = CODINGS.iter().any(|(_, suffix)| path.ends_with(suffix));
        let (name, file) = match self.0.get_key_value(path) {
            Some(found) if !is_sibling => found,
            _ if is_page => self.0.get_key_value(INDEX)?,
            _ => return None,
        };
        let (coding, file) = self.in_best_coding(name, file, headers);
        Some(respond(method, name, coding, file, headers))
    }

    fn in_best_coding<'p>(
        &'p self,
        name: &str,
        plain: &'p File,
        headers: &HeaderMap,
    ) -> (Option<&'static str>, &'p File) {
        let accepted = CODINGS.iter().filter(|(coding, _)| accepts(headers, coding));
        let mut found = accepted.filter_map(|(coding, suffix)| {
            let file = self.0.get(format!("{name}{suffix}").as_str())?;
            Some((Some(*coding), file))
        });
        found.next().unwrap_or((None, plain))
    }
}

/// Paths at which only the exact thing is an answer: a page in place of data or of a script would be a lie.
fn is_reserved(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/") || path.starts_with(HASHED)
}

fn respond(
    method: &Method,
    name: &str,
    coding: Option<&'static str>,
    file: &File,
    headers: &HeaderMap,
) -> Response {
    let hashed = name.starts_with(HASHED);
    let cache = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = is_known(headers, &file.etag);
    let body = if known || method == Method::HEAD { Body::empty() } else { Body::from(file.bytes) };
    let mut response = body.into_response();
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    answer.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(etag) = HeaderValue::from_str(&file.etag) {
        answer.insert(header::ETAG, etag);
    }
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    answer.insert(header::CONTENT_LENGTH, HeaderValue::from(file.bytes.len()));
    if let Some(coding) = coding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// Of the bytes that are sent: each coding of a file has its own.
fn etag_of(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = given.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

pub fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| one.trim_start().starts_with("text/html"))
}

fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let given = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    given.flat_map(|value| value.split(',')).any(|one| {
        let (name, parameters) = one.split_once(';').unwrap_or((one, ""));
        let weight = parameters.trim().strip_prefix("q=").map(|q| q.trim().parse::<f32>().unwrap_or(0.0));
        name.trim().eq_ignore_ascii_case(coding) && weight != Some(0.0)
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ico") => "image/vnd.microsoft.icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The portal.
#[utoipa::path(get, path = "/", tag = "operation", operation_id = "getStartPage",
    responses((status = 200, description = "The portal", body = String, content_type = "text/html"),
        (status = 304, description = "The one that you have")))]
pub async fn home(method: Method, headers: HeaderMap) -> Result<Response, Problem> {
    PORTAL.answer(&method, "/", &headers).ok_or_else(nothing)
}

/// What no route answers: a file or page of the portal, or nothing.
pub async fn beyond(method: Method, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    PORTAL.answer(&method, uri.path(), &headers).ok_or_else(nothing)
}

fn nothing() -> Problem {
    Problem::new(404, "Not found", "there is nothing at this path; /api/openapi.json lists what there is")
}

#[cfg(test)]
#[path = "portal_tests.rs"]
mod tests;
