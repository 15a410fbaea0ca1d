//! The one list of routes: each line is an endpoint with the action it is declared with. The OpenAPI document and the
//! access checks come from the same lines; a route that is not here does not exist.

mod alarms;
mod attention;
mod auth;
mod capabilities;
mod certificates;
mod chart;
mod commands;
mod compress;
mod connection;
mod device_request;
mod devices;
mod discovered;
mod docs;
mod events;
mod extract;
mod health;
mod history;
mod homes;
mod import;
mod invitations;
mod limits;
mod live;
mod members;
mod message_signature;
mod mqtt_clients;
mod mqtt_explorer;
mod mqtt_operations;
mod mqtt_socket;
mod openapi;
mod organisations;
mod portal;
mod problem;
mod readings;
mod readings_change;
mod readings_file;
mod reports;
mod rooms;
mod route;
mod search;
mod server;
mod session;
mod storage;
mod views;
mod webhooks;

use std::sync::Arc;

use lares_hub::Hub;
use lares_model::access::Action;
use lares_mqtt::Broker;
use utoipa_axum::routes;

pub use connection::ConnectionView;
pub use limits::{Limiter, RateLimits, TrustedProxies};
pub use live::{LiveLimits, LivePlaces};
pub use openapi::document as openapi_document;
pub use route::{Declared, router};
pub use server::{HttpLimits, serve};

use crate::mqtt::House;
use route::Route;

/// What handlers work with.
pub struct DoorState {
    pub hub: Arc<Hub>,
    pub mqtt: Arc<Broker<House>>,
    pub limits: limits::Limiter,
    pub live: LivePlaces,
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
    pub ready: tokio::sync::watch::Receiver<bool>,
    pub openapi: Arc<str>,
    /// `/metrics` answers loopback peers only, unless this is set.
    pub metrics_public: bool,
    /// Where devices come in.
    pub connection: ConnectionView,
}

pub type Door = Arc<DoorState>;

fn table() -> Vec<Route> {
    [of_operation(), of_identity(), of_organisations(), of_homes(), of_devices()]
        .into_iter()
        .flatten()
        .collect()
}

fn of_devices() -> Vec<Route> {
    use Action::*;
    vec![
        Route::new(DeviceManage, routes!(devices::register)),
        Route::new(DeviceManage, routes!(import::import)),
        Route::new(DeviceRead, routes!(devices::list)),
        Route::new(DeviceRead, routes!(devices::get)),
        Route::new(DeviceManage, routes!(devices::update)),
        Route::new(DeviceManage, routes!(devices::delete)),
        Route::new(DeviceManage, routes!(devices::replace)),
        Route::new(DeviceManage, routes!(devices::rotate_credentials)),
        Route::new(DeviceRead, routes!(devices::state)),
        Route::new(DeviceRead, routes!(devices::diagnostics)),
        Route::new(DeviceManage, routes!(certificates::issue)),
        Route::new(DeviceRead, routes!(certificates::of_device)),
        Route::new(DeviceManage, routes!(certificates::revoke)),
        Route::new(DeviceReport, routes!(reports::telemetry)),
        Route::new(DeviceRead, routes!(discovered::of_home)),
        Route::new(DeviceManage, routes!(discovered::accept)),
        Route::new(DeviceManage, routes!(discovered::accept_all)),
        Route::new(DeviceManage, routes!(discovered::ignore)),
        Route::new(DeviceRead, routes!(readings::list)),
        Route::new(DeviceManage, routes!(readings_change::delete_of_device)),
        Route::new(DeviceRead, routes!(readings_file::export)),
        Route::new(DeviceManage, routes!(readings_file::import)).with_bodies_of(readings_file::BODY_BYTES),
        Route::new(DeviceManage, routes!(readings_change::correct)),
        Route::new(DeviceRead, routes!(history::get)),
        Route::new(DeviceRead, routes!(chart::get)),
        Route::new(DeviceRead, routes!(events::of_device)),
        Route::new(DeviceCommand, routes!(commands::submit)),
        Route::new(DeviceRead, routes!(commands::of_device)),
        Route::new(DeviceRead, routes!(commands::list)),
        Route::new(DeviceRead, routes!(commands::get)),
    ]
}

/// Documents, health, and what is for everybody.
fn of_operation() -> Vec<Route> {
    use Action::*;
    vec![
        Route::new(Public, routes!(health::live)),
        Route::new(Public, routes!(health::ready)),
        Route::new(Public, routes!(health::metrics)),
        Route::new(Public, routes!(portal::home)),
        Route::new(Public, routes!(docs::redirect)),
        Route::new(Public, routes!(docs::page)),
        Route::new(Public, routes!(docs::openapi)),
        Route::new(Public, routes!(mqtt_socket::open)),
    ]
}

/// Signing in, and what concerns the caller alone.
fn of_identity() -> Vec<Route> {
    use Action::*;
    vec![
        Route::new(Public, routes!(auth::login)),
        Route::new(Public, routes!(auth::refresh)),
        Route::new(Public, routes!(auth::open_session)),
        Route::new(Myself, routes!(auth::end_session)),
        Route::new(Myself, routes!(auth::logout)),
        Route::new(Myself, routes!(auth::profile)),
        Route::new(AccountManage, routes!(auth::create_token)).stepped_up(),
        Route::new(Myself, routes!(auth::list_tokens)),
        Route::new(AccountManage, routes!(auth::delete_token)),
        Route::new(Myself, routes!(capabilities::list)),
        Route::new(Myself, routes!(connection::get)),
    ]
}

fn of_organisations() -> Vec<Route> {
    use Action::*;
    vec![
        Route::new(OrganisationCreate, routes!(organisations::create)),
        Route::new(OrganisationRead, routes!(organisations::list)),
        Route::new(OrganisationRead, routes!(organisations::get)),
        Route::new(OrganisationManage, routes!(organisations::update)),
        Route::new(OrganisationRead, routes!(storage::get)),
        Route::new(OrganisationRead, routes!(storage::get_retention)),
        Route::new(OrganisationManage, routes!(storage::set_retention)),
        Route::new(OrganisationRead, routes!(members::list)),
        Route::new(OrganisationManage, routes!(members::add)).stepped_up(),
        Route::new(OrganisationManage, routes!(members::update)).stepped_up(),
        Route::new(OrganisationManage, routes!(members::remove)),
        Route::new(AccountManage, routes!(members::leave)),
        Route::new(OrganisationManage, routes!(members::transfer)).stepped_up(),
        Route::new(OrganisationManage, routes!(invitations::create)).stepped_up(),
        Route::new(OrganisationManage, routes!(invitations::list)),
        Route::new(OrganisationManage, routes!(invitations::withdraw)),
        Route::new(Public, routes!(invitations::look)),
        Route::new(AccountManage, routes!(invitations::accept)),
        Route::new(DeviceRead, routes!(alarms::list)),
        Route::new(DeviceRead, routes!(alarms::get)),
        Route::new(DeviceCommand, routes!(alarms::acknowledge)),
        Route::new(DeviceCommand, routes!(alarms::clear)),
        Route::new(DeviceCommand, routes!(alarms::raise)),
    ]
}

fn of_homes() -> Vec<Route> {
    use Action::*;
    vec![
        Route::new(DeviceRead, routes!(attention::list)),
        Route::new(DeviceRead, routes!(search::search)),
        Route::new(HomeManage, routes!(homes::create)),
        Route::new(HomeRead, routes!(homes::list)),
        Route::new(HomeRead, routes!(homes::get)),
        Route::new(HomeManage, routes!(homes::update)),
        Route::new(HomeManage, routes!(homes::delete)),
        Route::new(DeviceRead, routes!(history::of_home)),
        Route::new(DeviceManage, routes!(readings_change::delete_of_home)),
        Route::new(HomeManage, routes!(mqtt_clients::create)),
        Route::new(HomeRead, routes!(mqtt_clients::of_home)),
        Route::new(HomeRead, routes!(mqtt_clients::get)),
        Route::new(HomeManage, routes!(mqtt_clients::update)),
        Route::new(HomeManage, routes!(mqtt_clients::delete)),
        Route::new(HomeManage, routes!(mqtt_clients::rotate)),
        Route::new(HomeManage, routes!(mqtt_explorer::topics)),
        Route::new(HomeManage, routes!(mqtt_explorer::watch)),
        Route::new(OrganisationManage, routes!(mqtt_operations::list)),
        Route::new(OrganisationManage, routes!(mqtt_operations::end)),
        Route::new(OrganisationManage, routes!(mqtt_operations::trace)),
        Route::new(OrganisationManage, routes!(mqtt_operations::metrics)),
        Route::new(HomeManage, routes!(webhooks::create)),
        Route::new(HomeRead, routes!(webhooks::of_home)),
        Route::new(HomeRead, routes!(webhooks::get)),
        Route::new(HomeManage, routes!(webhooks::delete)),
        Route::new(HomeManage, routes!(webhooks::test)),
        Route::new(Public, routes!(webhooks::receive)),
        Route::new(HomeManage, routes!(rooms::create)),
        Route::new(HomeRead, routes!(rooms::of_home)),
        Route::new(HomeRead, routes!(rooms::list)),
        Route::new(HomeRead, routes!(rooms::get)),
        Route::new(HomeManage, routes!(rooms::update)),
        Route::new(HomeManage, routes!(rooms::delete)),
        Route::new(OrganisationRead, routes!(events::list)),
        Route::new(OrganisationRead, routes!(events::get)),
        Route::new(OrganisationRead, routes!(live::live)),
    ]
}
