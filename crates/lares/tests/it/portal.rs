//! The portal's pages from the running server, with or without a portal in this build.

use reqwest::Method;

use super::world::*;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_gets_the_portal_at_every_page_and_data_at_none() {
    let world = World::start().await;
    let start = world.get("/").send().await;
    assert_eq!((start.status, start.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(start.header("cache-control"), "no-cache");
    assert_eq!(start.header("cross-origin-opener-policy"), "same-origin");
    let policy = start.header("content-security-policy");
    for part in ["default-src 'self'", "connect-src 'self'", "img-src 'self' data: blob:"] {
        assert!(policy.contains(part), "{policy}");
    }
    for page in ["/homes", "/homes/", "/devices/019e0000-0000-7000-8000-000000000000", "/a?b=c"] {
        let reply = world.get(page).header("accept", BROWSER).send().await;
        assert_eq!((reply.status, &reply.text), (200, &start.text), "{page}");
        world.get(page).expect(404).await;
    }
    for nothing in
        ["/api/nothing", "/api", "/api/homes/x/y", "/assets/nothing.js", "/assets/..%2f..%2fCargo.toml"]
    {
        world.get(nothing).header("accept", BROWSER).expect(404).await;
    }
    // A route stays a route, whoever asks.
    world.get("/api/homes").header("accept", BROWSER).expect(401).await;
    world.post("/homes").header("accept", BROWSER).expect(404).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_browser_has_is_not_sent_again() {
    let world = World::start().await;
    let start = world.get("/").send().await;
    let etag = start.header("etag").to_owned();
    assert!(etag.len() > 10, "{etag}");
    for page in ["/", "/index.html"] {
        let again = world.get(page).header("if-none-match", &etag).send().await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{page}");
    }
    for page in ["/", "/index.html"] {
        let head = world.call(Method::HEAD, page).send().await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{page}");
        assert_eq!(head.header("content-length"), start.text.len().to_string(), "{page}");
        assert_eq!(head.header("etag"), etag);
    }
    world.stop().await;
}
