//! Bounds on what one caller may ask: request rates keyed by the signed-in user, or by the peer's network for
//! strangers. A forwarded address counts only when a trusted proxy added it.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use lares_hub::Caller;
use lares_model::{DeviceId, UserId};

use super::Door;
use super::oauth::cors;
use super::problem::Problem;
use super::server::OverTls;

#[derive(Clone, Debug)]
pub struct RateLimits {
    pub per_user_per_second: u32,
    pub per_network_per_second: u32,
}

/// Proxies whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(pub Vec<IpAddr>);

pub struct Limiter {
    users: DefaultKeyedRateLimiter<UserId>,
    devices: DefaultKeyedRateLimiter<DeviceId>,
    networks: DefaultKeyedRateLimiter<IpAddr>,
    trusted: TrustedProxies,
    clock: DefaultClock,
}

/// A burst of two seconds' worth is allowed.
fn quota(per_second: u32) -> Quota {
    let rate = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(rate).allow_burst(rate.saturating_mul(NonZeroU32::MIN.saturating_add(1)))
}

impl Limiter {
    pub fn new(limits: &RateLimits, trusted: TrustedProxies) -> Limiter {
        Limiter {
            users: RateLimiter::keyed(quota(limits.per_user_per_second)),
            devices: RateLimiter::keyed(quota(limits.per_user_per_second)),
            networks: RateLimiter::keyed(quota(limits.per_network_per_second)),
            trusted,
            clock: DefaultClock::default(),
        }
    }

    pub fn check_caller(&self, caller: &Caller) -> Result<(), Problem> {
        self.users.check_key(&caller.user).map_err(|wait| self.too_many(&wait))
    }

    /// A device may ask as often as a person.
    pub fn check_device(&self, device: DeviceId) -> Result<(), Problem> {
        self.devices.check_key(&device).map_err(|wait| self.too_many(&wait))
    }

    pub fn check_stranger(&self, request: &Request) -> Result<(), Problem> {
        self.check_network(self.peer(request))
    }

    pub fn check_network(&self, peer: Option<IpAddr>) -> Result<(), Problem> {
        let Some(peer) = peer else { return Ok(()) };
        self.networks.check_key(&network_of(peer)).map_err(|wait| self.too_many(&wait))
    }

    fn too_many(
        &self,
        wait: &governor::NotUntil<<DefaultClock as governor::clock::Clock>::Instant>,
    ) -> Problem {
        metrics::counter!("lares_http_rate_limited_total").increment(1);
        let wait: Duration = wait.wait_time_from(self.clock.now());
        Problem::too_many(wait.as_secs().max(1))
    }

    /// The address that the request comes from, as far as it can be believed.
    pub fn peer(&self, request: &Request) -> Option<IpAddr> {
        let ConnectInfo(socket) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        Some(self.believed(socket.ip(), request.headers()))
    }

    pub fn believed(&self, socket: IpAddr, headers: &HeaderMap) -> IpAddr {
        believed_address(socket, headers, &self.trusted)
    }

    /// Whether nobody between here and the browser could read it: TLS that ends here, or at a trusted proxy that
    /// says so.
    pub fn is_secure(&self, request: &Request) -> bool {
        self.is_secure_connection(request.extensions(), request.headers())
    }

    pub fn is_secure_connection(&self, extensions: &Extensions, headers: &HeaderMap) -> bool {
        let proxied = || {
            let ConnectInfo(socket) = extensions.get::<ConnectInfo<SocketAddr>>()?;
            let said = headers.get("x-forwarded-proto")?;
            Some(self.trusted.0.contains(&socket.ip().to_canonical()) && said == "https")
        };
        extensions.get::<OverTls>().is_some_and(|over| over.0) || proxied() == Some(true)
    }

    /// Forgets keys that are quiet again, so that many strangers do not fill the memory.
    pub fn shrink(&self) {
        self.users.retain_recent();
        self.devices.retain_recent();
        self.networks.retain_recent();
    }
}

fn believed_address(socket: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    let mut believed = socket;
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    // From the right: each hop was written by the one before it, and only trusted ones are believed.
    for hop in forwarded.iter().rev() {
        if !trusted.0.contains(&believed.to_canonical()) {
            break;
        }
        match hop.trim().parse() {
            Ok(address) => believed = address,
            Err(_) => break,
        }
    }
    believed.to_canonical()
}

/// One IPv6 customer has a whole /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[8..].fill(0);
            IpAddr::from(octets)
        }
    }
}

/// Headers of every answer (OWASP ASVS V3), whatever the route.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Around everything, also around what no route answers.
pub async fn outer(State(door): State<Door>, request: Request, next: Next) -> Response {
    let open = cors::is_open(request.uri().path());
    let preflight = if open { cors::preflight(&request) } else { None };
    let forged =
        if cors::is_asked_from_elsewhere(request.uri().path()) { None } else { cross_site(&request) };
    let mut response = match (preflight, forged) {
        (Some(answer), _) => answer,
        (None, Some(problem)) => problem.into_response(),
        (None, None) => next.run(request).await,
    };
    let status = response.status().as_u16();
    metrics::counter!("lares_http_responses_total", "class" => status_class(status)).increment(1);
    let _ = &door;
    let headers = response.headers_mut();
    if open {
        cors::allow(headers);
    }
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn status_class(status: u16) -> &'static str {
    match status {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// A browser's cross-site write is refused whatever it comes with; `session` asks more of one with the cookie.
fn cross_site(request: &Request) -> Option<Problem> {
    let site = request.headers().get("sec-fetch-site")?.to_str().ok()?;
    let writes = !request.method().is_safe();
    (writes && site == "cross-site")
        .then(|| Problem::new(403, "Forbidden", "this request comes from another site's page"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(forwarded: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_str(forwarded).unwrap());
        headers
    }

    #[test]
    fn a_forwarded_address_counts_only_behind_trusted_proxies() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let stranger: IpAddr = "203.0.113.9".parse().unwrap();
        let trusted = TrustedProxies(vec![proxy]);
        assert_eq!(believed_address(stranger, &headers("1.1.1.1"), &trusted), stranger);
        assert_eq!(believed_address(proxy, &headers("1.1.1.1, 203.0.113.9"), &trusted), stranger);
        assert_eq!(believed_address(proxy, &headers("203.0.113.9, 10.0.0.1"), &trusted), stranger);
        assert_eq!(believed_address(proxy, &headers("nonsense"), &trusted), proxy);
    }

    #[test]
    fn ipv6_counts_by_network() {
        let one: IpAddr = "2001:db8:1:2:3:4:5:6".parse().unwrap();
        let other: IpAddr = "2001:db8:1:2:ffff::1".parse().unwrap();
        assert_eq!(network_of(one), network_of(other));
    }
}
