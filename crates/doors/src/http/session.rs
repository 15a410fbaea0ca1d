//! The browser's session: a cookie that no script can read, taken in place of a bearer token. A browser sends it by
//! itself, so what changes something with it must come from a page of ours.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};

use super::problem::Problem;

const NAME: &str = "lares";
/// Bound to the host and to TLS by it: no other host and no plain connection can set a cookie with this prefix.
const SECURE_PREFIX: &str = "__Host-";

/// How a request says who it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential<'r> {
    Bearer(&'r str),
    Cookie(&'r str),
}

impl<'r> Credential<'r> {
    /// An `Authorization` header stands alone: a wrong one is not made good by a cookie.
    pub fn of(headers: &'r HeaderMap, secure: bool) -> Option<Credential<'r>> {
        match headers.get(header::AUTHORIZATION) {
            Some(value) => bearer(value).map(Credential::Bearer),
            None => cookie(headers, NAME, secure).map(Credential::Cookie),
        }
    }

    pub fn token(self) -> &'r str {
        match self {
            Credential::Bearer(token) | Credential::Cookie(token) => token,
        }
    }
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The value of a cookie of this server, by its name over plain HTTP.
pub fn cookie<'r>(headers: &'r HeaderMap, plain_name: &str, secure: bool) -> Option<&'r str> {
    let is_it = |key: &str| match key.strip_prefix(SECURE_PREFIX) {
        Some(rest) => secure && rest == plain_name,
        None => !secure && key == plain_name,
    };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| is_it(key).then_some(value))
}

/// The `Set-Cookie` of a session that was opened (its token) or ended (none).
pub fn set_cookie(token: Option<&str>, lasts_s: i64, secure: bool) -> HeaderMap {
    host_cookie(NAME, token.map(|token| (token, lasts_s)), "Strict", secure)
}

/// The `Set-Cookie` of a cookie of this server: what it holds and for how many seconds, or that it is over.
pub fn host_cookie(plain_name: &str, value: Option<(&str, i64)>, same_site: &str, secure: bool) -> HeaderMap {
    let (value, lasts_s) = value.unwrap_or(("", 0));
    let (prefix, only_over_tls) = if secure { (SECURE_PREFIX, "; Secure") } else { ("", "") };
    let text = format!(
        "{prefix}{plain_name}={value}; Max-Age={lasts_s}; Path=/; HttpOnly; SameSite={same_site}{only_over_tls}"
    );
    // No character of a token or of these attributes is refused.
    HeaderValue::from_str(&text).into_iter().map(|cookie| (header::SET_COOKIE, cookie)).collect()
}

/// Which page made the request, as far as the browser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Ours,
    Foreign,
    /// Not a browser, or one too old to say.
    Unsaid,
}

impl Page {
    pub fn of(headers: &HeaderMap) -> Page {
        let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
        let is_ours = match (text(header::HeaderName::from_static("sec-fetch-site")), text(header::ORIGIN)) {
            (Some(site), _) => matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => {
                let host = text(header::HOST).unwrap_or_default();
                origin.split_once("://").is_some_and(|(_, at)| at.eq_ignore_ascii_case(host))
            }
            (None, None) => return Page::Unsaid,
        };
        if is_ours { Page::Ours } else { Page::Foreign }
    }
}

/// Why a request that came with the cookie is not taken: it changes something, or opens a socket that any page may
/// open, and no page of ours is known to have made it. Programs use a bearer token.
pub fn refuse_foreign(request: &Request, credential: Credential<'_>) -> Result<(), Problem> {
    let headers = request.headers();
    let harmless = request.method().is_safe() && !headers.contains_key(header::UPGRADE);
    if matches!(credential, Credential::Bearer(_)) || harmless || Page::of(headers) == Page::Ours {
        return Ok(());
    }
    let reason = "this request comes with the session cookie but not from a page of this server; \
                  a program sends a bearer token instead";
    Err(Problem::new(403, "Forbidden", reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_authorization_header_stands_before_the_cookie() {
        let both = headers(&[("authorization", "Bearer one"), ("cookie", "lares=two")]);
        assert_eq!(Credential::of(&both, false), Some(Credential::Bearer("one")));
        let wrong = headers(&[("authorization", "Basic one"), ("cookie", "lares=two")]);
        assert_eq!(Credential::of(&wrong, false), None);
        let cookie = headers(&[("cookie", "theme=dark; lares=two;other=3")]);
        assert_eq!(Credential::of(&cookie, false), Some(Credential::Cookie("two")));
    }

    #[test]
    fn each_kind_of_connection_takes_its_own_cookie_only() {
        let plain = headers(&[("cookie", "lares=two")]);
        assert_eq!(Credential::of(&plain, true), None);
        let secure = headers(&[("cookie", "__Host-lares=two; lares=three")]);
        assert_eq!(Credential::of(&secure, true), Some(Credential::Cookie("two")));
    }

    #[test]
    fn the_page_is_ours_when_the_browser_says_so() {
        let page = |pairs| Page::of(&headers(pairs));
        assert_eq!(page(&[("sec-fetch-site", "same-origin")]), Page::Ours);
        assert_eq!(page(&[("sec-fetch-site", "none")]), Page::Ours);
        assert_eq!(
            page(&[("sec-fetch-site", "same-site"), ("origin", "http://a"), ("host", "a")]),
            Page::Foreign
        );
        assert_eq!(
            page(&[("origin", "http://Home.example:8080"), ("host", "home.example:8080")]),
            Page::Ours
        );
        assert_eq!(
            page(&[("origin", "http://home.example:81"), ("host", "home.example:8080")]),
            Page::Foreign
        );
        assert_eq!(page(&[("origin", "null"), ("host", "home.example")]), Page::Foreign);
        assert_eq!(page(&[("origin", "http://home.example")]), Page::Foreign);
        assert_eq!(page(&[("host", "home.example")]), Page::Unsaid);
    }

    #[test]
    fn a_cookie_is_bound_to_its_connection() {
        let text = |headers: HeaderMap| headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        let secure = text(set_cookie(Some("t"), 60, true));
        assert_eq!(secure, "__Host-lares=t; Max-Age=60; Path=/; HttpOnly; SameSite=Strict; Secure");
        let away = text(host_cookie("lares-provider", Some(("s", 600)), "Lax", true));
        assert_eq!(away, "__Host-lares-provider=s; Max-Age=600; Path=/; HttpOnly; SameSite=Lax; Secure");
        let ended = text(set_cookie(None, 60, false));
        assert_eq!(ended, "lares=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict");
    }
}
