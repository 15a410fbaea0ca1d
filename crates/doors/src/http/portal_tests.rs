//! The portal's files as a browser asks for them, from a list made up here.

use super::*;

const FILES: Embedded = &[
    ("/index.html", b"<!doctype html>index"),
    ("/index.html.gz", b"gzipped index"),
    ("/manifest.webmanifest", b"{}"),
    ("/assets/app-1a2b.js", b"script"),
    ("/assets/app-1a2b.js.br", b"brotli script"),
    ("/assets/app-1a2b.js.gz", b"gzip script"),
];

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
}

fn ask(path: &str, pairs: &[(&'static str, &str)]) -> Option<Response> {
    Portal::of(FILES).answer(&Method::GET, path, &headers(pairs))
}

fn header_of<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn text_of(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_hashed_name_is_kept_for_good_and_the_rest_is_asked_for_again() {
    let script = ask("/assets/app-1a2b.js", &[]).unwrap();
    assert_eq!(header_of(&script, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header_of(&script, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(text_of(script).await, "script");
    let manifest = ask("/manifest.webmanifest", &[]).unwrap();
    assert_eq!(header_of(&manifest, "cache-control"), "no-cache");
    assert_eq!(header_of(&manifest, "content-type"), "application/manifest+json");
}

#[tokio::test]
async fn every_page_is_the_index_and_only_for_those_who_read_html() {
    const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for path in ["/", "/homes/019e/rooms", "/settings", "/..%2f..%2fetc/passwd"] {
        assert_eq!(text_of(ask(path, &[BROWSER]).unwrap()).await, "<!doctype html>index", "{path}");
    }
    for path in ["/api", "/api/nothing", "/api/../x", "/assets/gone-0000.js"] {
        assert!(ask(path, &[BROWSER]).is_none(), "{path}");
    }
    assert!(ask("/homes", &[("accept", "*/*")]).is_none());
    assert!(ask("/", &[]).is_some());
    assert!(Portal::of(FILES).answer(&Method::POST, "/index.html", &headers(&[BROWSER])).is_none());
}

#[tokio::test]
async fn the_best_coding_that_the_browser_takes_is_sent() {
    let coded = async |path: &str, accepted: &str| {
        let response = ask(path, &[("accept-encoding", accepted)]).unwrap();
        assert_eq!(header_of(&response, "vary"), "Accept-Encoding");
        let coding = header_of(&response, "content-encoding").to_owned();
        (coding, text_of(response).await)
    };
    let script = "/assets/app-1a2b.js";
    assert_eq!(coded(script, "gzip, deflate, br").await, ("br".into(), "brotli script".into()));
    assert_eq!(coded(script, "gzip;q=1.0, br;q=0").await, ("gzip".into(), "gzip script".into()));
    assert_eq!(coded(script, "identity").await, (String::new(), "script".into()));
    assert_eq!(coded("/", "br, gzip").await, ("gzip".into(), "gzipped index".into()));
    assert!(ask("/assets/app-1a2b.js.br", &[]).is_none(), "a form of a file is no file");
}

#[test]
fn what_the_browser_has_is_not_sent_again() {
    let first = ask("/", &[]).unwrap();
    let etag = header_of(&first, "etag").to_owned();
    for known in [etag.clone(), format!("\"other\", W/{etag}"), "*".to_owned()] {
        let again = ask("/", &[("if-none-match", &known)]).unwrap();
        assert_eq!(again.status(), 304, "{known}");
        assert_eq!(header_of(&again, "etag"), etag);
        assert_eq!(header_of(&again, "cache-control"), "no-cache");
    }
    assert_eq!(ask("/", &[("if-none-match", "\"other\"")]).unwrap().status(), 200);
    // Another coding is another representation.
    let gzipped = ask("/", &[("if-none-match", &etag), ("accept-encoding", "gzip")]).unwrap();
    assert_eq!(gzipped.status(), 200);
}

#[tokio::test]
async fn head_says_the_length_and_sends_nothing() {
    let head = Portal::of(FILES).answer(&Method::HEAD, "/assets/app-1a2b.js", &HeaderMap::new()).unwrap();
    assert_eq!(header_of(&head, "content-length"), "6");
    assert_eq!(text_of(head).await, "");
}

#[tokio::test]
async fn without_a_built_portal_the_index_says_how_to_build_it() {
    let portal = Portal::of(&[]);
    let page = portal.answer(&Method::GET, "/", &HeaderMap::new()).unwrap();
    assert!(text_of(page).await.contains("npm --prefix portal run build"));
}
