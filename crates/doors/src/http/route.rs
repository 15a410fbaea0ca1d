//! A declared route, and the router made of all of them. The guard in front of each handler authenticates by the
//! declared action, so that a handler cannot forget to.

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use lares_hub::{HubError, identity};
use lares_model::access::Action;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::Door;
use super::limits;
use super::openapi;
use super::problem::Problem;

pub(super) struct Route {
    pub action: Action,
    pub routes: UtoipaMethodRouter<Door>,
}

/// Path, method and action of a route, for the document and for tests that try every one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    pub path: String,
    pub method: String,
    pub action: Action,
}

impl Route {
    pub fn new(action: Action, routes: UtoipaMethodRouter<Door>) -> Route {
        Route { action, routes }
    }

    pub fn declared(&self) -> Vec<Declared> {
        openapi::operations(&self.routes.1)
            .into_iter()
            .map(|(path, method)| Declared { path, method, action: self.action })
            .collect()
    }
}

/// Everything that HTTP answers, and what was declared for it.
pub fn router(door: &Door) -> (axum::Router, Vec<Declared>) {
    let mut declared = Vec::new();
    let mut all = OpenApiRouter::new();
    for route in super::table() {
        declared.extend(route.declared());
        let guard = middleware::from_fn_with_state((door.clone(), route.action), guard);
        let (schemas, paths, methods) = route.routes;
        all = all.routes((schemas, paths, methods.layer(guard)));
    }
    let (router, _) = all.split_for_parts();
    let router = router
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn_with_state(door.clone(), limits::outer))
        .with_state(door.clone());
    (router, declared)
}

async fn guard(State((door, action)): State<(Door, Action)>, mut request: Request, next: Next) -> Response {
    if action != Action::Public {
        let caller = match bearer(&request) {
            Some(token) => identity::caller_of(&door.hub, token).await,
            None => Err(HubError::Unauthenticated),
        };
        match caller {
            Ok(caller) => {
                if let Err(problem) = door.limits.check_caller(&caller) {
                    return problem.into_response();
                }
                request.extensions_mut().insert(caller);
            }
            Err(error) => {
                return match door.limits.check_stranger(&request) {
                    Ok(()) => Problem::from(error).into_response(),
                    Err(problem) => problem.into_response(),
                };
            }
        }
    } else if let Err(problem) = door.limits.check_stranger(&request) {
        return problem.into_response();
    }
    next.run(request).await
}

fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

async fn unknown_path() -> Problem {
    Problem::new(404, "Not found", "there is nothing at this path; /api/openapi.json lists what there is")
}

async fn unknown_method(method: Method) -> Problem {
    Problem::new(405, "Method not allowed", format!("this path does not take {method}; see the Allow header"))
}
