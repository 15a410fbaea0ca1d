//! A declared route, and the router made of all of them. The guard in front of each handler authenticates by the
//! declared action, so that a handler cannot forget to.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use lares_hub::{Caller, HubError, identity};
use lares_model::access::Action;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::normalize_path::NormalizePath;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::Door;
use super::compress;
use super::device_request::{self, Proved};
use super::limits;
use super::openapi;
use super::portal;
use super::problem::Problem;
use super::server::HttpLimits;
use super::session::{self, Credential};

pub(super) struct Route {
    pub action: Action,
    /// Where a body may be larger than those of all other routes.
    body_bytes: Option<usize>,
    /// Whether a person must lately have proved who they are.
    stepped_up: bool,
    pub routes: UtoipaMethodRouter<Door>,
}

/// Path, method and action of a route, for the document and for tests that try every one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    pub path: String,
    pub method: String,
    pub action: Action,
    pub stepped_up: bool,
}

impl Route {
    pub fn new(action: Action, routes: UtoipaMethodRouter<Door>) -> Route {
        Route { action, body_bytes: None, stepped_up: false, routes }
    }

    pub fn with_bodies_of(self, bytes: usize) -> Route {
        Route { body_bytes: Some(bytes), ..self }
    }

    /// For what is dangerous.
    pub fn stepped_up(self) -> Route {
        Route { stepped_up: true, ..self }
    }

    pub fn declared(&self) -> Vec<Declared> {
        let declared =
            |(path, method)| Declared { path, method, action: self.action, stepped_up: self.stepped_up };
        openapi::operations(&self.routes.1).into_iter().map(declared).collect()
    }
}

/// Everything that HTTP answers, and what was declared for it.
pub fn router(door: &Door, http_limits: &HttpLimits) -> (axum::Router, Vec<Declared>) {
    let mut declared = Vec::new();
    let mut all = OpenApiRouter::new();
    let demo = if door.mailbox.is_some() { super::of_demo() } else { vec![] };
    for route in super::table().into_iter().chain(demo) {
        declared.extend(route.declared());
        let asks = Asks { action: route.action, stepped_up: route.stepped_up };
        let guard = middleware::from_fn_with_state((door.clone(), asks), guard);
        let (schemas, paths, mut methods) = route.routes;
        if let Some(bytes) = route.body_bytes {
            methods = methods.layer(DefaultBodyLimit::max(bytes.max(http_limits.body_bytes)));
        }
        all = all.routes((schemas, paths, methods.layer(guard)));
    }
    let (router, _) = all.split_for_parts();
    let router = router
        .fallback(portal::beyond)
        .method_not_allowed_fallback(unknown_method)
        .layer(DefaultBodyLimit::max(http_limits.body_bytes))
        .layer(middleware::from_fn_with_state(http_limits.request_time, in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(compress::layer())
        .layer(middleware::from_fn_with_state(door.clone(), limits::outer))
        .with_state(door.clone());
    // Outside the routing, so that a path answers with and without its trailing slash.
    let router = axum::Router::new().fallback_service(NormalizePath::trim_trailing_slash(router));
    (router, declared)
}

/// What a route asks of its caller.
#[derive(Clone, Copy)]
struct Asks {
    action: Action,
    stepped_up: bool,
}

impl Asks {
    fn of(self, door: &Door, caller: &Caller) -> Result<(), Problem> {
        door.limits.check_caller(caller)?;
        caller.within_scope(self.action)?;
        if self.stepped_up {
            caller.stepped_up(door.hub.now())?;
        }
        Ok(())
    }
}

async fn guard(State((door, asks)): State<(Door, Asks)>, mut request: Request, next: Next) -> Response {
    let action = asks.action;
    if action == Action::DeviceReport {
        return guard_device(&door, request, next).await;
    }
    if action != Action::Public {
        let credential = credential_of(&door, &request);
        let caller = match credential {
            Ok(token) => identity::caller_of(&door.hub, token).await.map_err(Problem::from),
            Err(problem) => Err(problem),
        };
        match caller {
            Ok(caller) => {
                if let Err(problem) = asks.of(&door, &caller) {
                    return problem.into_response();
                }
                request.extensions_mut().insert(caller);
            }
            Err(refused) => {
                return match door.limits.check_stranger(&request) {
                    Ok(()) => refused.into_response(),
                    Err(problem) => problem.into_response(),
                };
            }
        }
    } else if let Err(problem) = door.limits.check_stranger(&request) {
        return problem.into_response();
    }
    next.run(request).await
}

/// A device's own routes: it proves itself, and nobody else gets in.
async fn guard_device(door: &Door, request: Request, next: Next) -> Response {
    let peer = door.limits.peer(&request);
    let Proved { request, device, signature } = match device_request::prove(door, request).await {
        Ok(proved) => proved,
        Err(refused) => return door.limits.check_network(peer).err().unwrap_or(refused).into_response(),
    };
    if let Err(problem) = door.limits.check_device(device) {
        if let Some(signature) = signature {
            door.hub.replays.give_back(&signature);
        }
        return problem.into_response();
    }
    let response = next.run(request).await;
    if let Some(signature) = signature
        && !response.status().is_success()
    {
        door.hub.replays.give_back(&signature);
    }
    response
}

/// The token that the request comes with: a bearer token, else the browser's session cookie.
fn credential_of<'r>(door: &Door, request: &'r Request) -> Result<&'r str, Problem> {
    let credential = Credential::of(request.headers(), door.limits.is_secure(request))
        .filter(|credential| identity::looks_like_a_token(credential.token()))
        .ok_or(HubError::Unauthenticated)?;
    session::refuse_foreign(request, credential)?;
    Ok(credential.token())
}

async fn in_time(State(at_most): State<Duration>, request: Request, next: Next) -> Response {
    // A write runs to its end even when the caller hangs up: what follows a commit must not be left out.
    let answer = async {
        if request.method().is_safe() {
            next.run(request).await
        } else {
            tokio::spawn(next.run(request))
                .await
                .unwrap_or_else(|error| panicked(Box::new(error.to_string())))
        }
    };
    match tokio::time::timeout(at_most, answer).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            503,
            "Too slow",
            "the request took too long and was given up; it may have taken effect",
        )
        .into_response(),
    }
}

fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(cause = text, "a request handler panicked");
    Problem::new(500, "Internal error", "an internal error; it has been logged").into_response()
}

async fn unknown_method(method: Method) -> Problem {
    Problem::new(405, "Method not allowed", format!("this path does not take {method}; see the Allow header"))
}
