//! The one list of routes: each line is an endpoint with the action it is declared with. The OpenAPI document and the
//! access checks come from the same lines; a route that is not here does not exist.

mod account_log;
mod accounts;
mod alarms;
mod attention;
mod auth;
mod capabilities;
mod certificates;
mod chart;
mod commands;
mod compress;
mod connection;
mod demo_mails;
mod device_keys;
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
mod mqtt_refusals;
mod mqtt_socket;
mod oauth;
mod openapi;
mod openapi_texts;
mod organisations;
mod own_data;
mod passkeys;
mod portal;
mod problem;
mod profile;
mod providers;
mod readings;
mod readings_change;
mod readings_count;
mod readings_file;
mod reports;
mod rooms;
mod route;
mod search;
mod second_factor;
mod server;
mod session;
mod sessions;
mod step_up;
mod storage;
mod tokens;
mod views;
mod webhooks;

use std::sync::Arc;

use lares_hub::Hub;
use lares_model::access::Action;
use lares_mqtt::Broker;
use utoipa_axum::routes;

pub use connection::ConnectionView;
pub use demo_mails::{DeliveredMail, Mailbox};
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
    /// The demo's.
    pub mailbox: Option<Arc<dyn Mailbox>>,
}

pub type Door = Arc<DoorState>;

fn table() -> Vec<Route> {
    [
        of_operation(),
        of_identity(),
        of_accounts(),
        of_organisations(),
        of_homes(),
        of_devices(),
        of_programs(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a demo has besides: no part of the API.
fn of_demo() -> Vec<Route> {
    vec![
        Route::new(Action::Public, routes!(demo_mails::list)),
        Route::new(Action::Public, routes!(demo_mails::get)),
    ]
}

fn of_accounts() -> Vec<Route> {
    use Action::*;
    vec![
        Route::new(Public, routes!(accounts::options)),
        Route::new(Public, routes!(accounts::register)),
        Route::new(Public, routes!(accounts::verify_email)),
        Route::new(Myself, routes!(accounts::send_verification)),
        Route::new(Public, routes!(accounts::ask_password_reset)),
        Route::new(Public, routes!(accounts::confirm_password_reset)),
        Route::new(AccountManage, routes!(accounts::change_password)),
        Route::new(AccountManage, routes!(accounts::ask_email_change)).stepped_up(),
        Route::new(Public, routes!(accounts::confirm_email_change)),
        Route::new(Myself, routes!(profile::get)),
        Route::new(AccountManage, routes!(profile::update)),
        Route::new(AccountManage, routes!(tokens::create)).stepped_up(),
        Route::new(Myself, routes!(tokens::list)),
        Route::new(AccountManage, routes!(tokens::delete)),
        Route::new(AccountManage, routes!(tokens::rotate)).stepped_up(),
        Route::new(Myself, routes!(sessions::list)),
        Route::new(AccountManage, routes!(sessions::end_one)),
        Route::new(AccountManage, routes!(sessions::end_all)),
        Route::new(Myself, routes!(account_log::list)),
        Route::new(AccountManage, routes!(own_data::export)).stepped_up(),
        Route::new(AccountManage, routes!(own_data::delete_account)).stepped_up(),
    ]
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
        Route::new(DeviceManage, routes!(device_keys::add)),
        Route::new(DeviceRead, routes!(device_keys::of_device)),
        Route::new(DeviceManage, routes!(device_keys::remove)),
        Route::new(DeviceReport, routes!(reports::telemetry)),
        Route::new(DeviceRead, routes!(discovered::of_home)),
        Route::new(DeviceManage, routes!(discovered::accept)),
        Route::new(DeviceManage, routes!(discovered::accept_all)),
        Route::new(DeviceManage, routes!(discovered::ignore)),
        Route::new(DeviceRead, routes!(readings::list)),
        Route::new(DeviceRead, routes!(readings_count::of_device)),
        Route::new(DeviceManage, routes!(readings_change::delete_of_device)).stepped_up(),
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

/// What programs of others come for, and what people say to it.
fn of_programs() -> Vec<Route> {
    use Action::*;
    use oauth::{authorize, clients, connected, consent, logout, metadata, register, tokens};
    vec![
        Route::new(Public, routes!(metadata::openid)),
        Route::new(Public, routes!(metadata::oauth)),
        Route::new(Public, routes!(metadata::jwks)),
        Route::new(Public, routes!(authorize::authorize)),
        Route::new(Public, routes!(authorize::post_authorize)),
        Route::new(Public, routes!(authorize::go_on)),
        Route::new(Public, routes!(tokens::token)),
        Route::new(Public, routes!(tokens::authorize_device)),
        Route::new(Public, routes!(tokens::introspect)),
        Route::new(Public, routes!(tokens::revoke)),
        Route::new(Public, routes!(logout::get)),
        Route::new(Public, routes!(logout::post)),
        Route::new(Public, routes!(register::register)),
        Route::new(Public, routes!(register::get)),
        Route::new(Public, routes!(register::replace)),
        Route::new(Public, routes!(register::remove)),
        Route::new(SignedIn, routes!(metadata::userinfo)),
        Route::new(SignedIn, routes!(metadata::post_userinfo)),
        Route::new(AccountManage, routes!(consent::look)),
        Route::new(AccountManage, routes!(consent::decide)).stepped_up(),
        Route::new(AccountManage, routes!(consent::device)),
        Route::new(AccountManage, routes!(consent::decide_device)).stepped_up(),
        Route::new(Myself, routes!(connected::list)),
        Route::new(AccountManage, routes!(connected::disconnect)),
        Route::new(OrganisationManage, routes!(clients::create)).stepped_up(),
        Route::new(OrganisationRead, routes!(clients::of_organisation)),
        Route::new(OrganisationRead, routes!(clients::get)),
        Route::new(OrganisationManage, routes!(clients::update)).stepped_up(),
        Route::new(OrganisationManage, routes!(clients::delete)).stepped_up(),
        Route::new(OrganisationManage, routes!(clients::rotate)).stepped_up(),
        Route::new(OrganisationManage, routes!(clients::registration_token)).stepped_up(),
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
        Route::new(SignedIn, routes!(auth::end_session)),
        Route::new(SignedIn, routes!(auth::logout)),
        Route::new(SignedIn, routes!(step_up::step_up)),
        Route::new(AccountManage, routes!(second_factor::start)).stepped_up(),
        Route::new(AccountManage, routes!(second_factor::confirm)).stepped_up(),
        Route::new(AccountManage, routes!(second_factor::remove)).stepped_up(),
        Route::new(AccountManage, routes!(second_factor::renew_recovery_codes)).stepped_up(),
        Route::new(Public, routes!(providers::list)),
        Route::new(Public, routes!(providers::start)),
        Route::new(Public, routes!(providers::callback)),
        Route::new(AccountManage, routes!(providers::link)).stepped_up(),
        Route::new(Myself, routes!(providers::identities)),
        Route::new(AccountManage, routes!(providers::unlink)).stepped_up(),
        Route::new(Public, routes!(passkeys::challenge)),
        Route::new(Public, routes!(passkeys::open_session)),
        Route::new(Public, routes!(passkeys::login)),
        Route::new(Myself, routes!(passkeys::list)),
        Route::new(AccountManage, routes!(passkeys::start_registration)).stepped_up(),
        Route::new(AccountManage, routes!(passkeys::register)),
        Route::new(AccountManage, routes!(passkeys::rename)),
        Route::new(AccountManage, routes!(passkeys::remove)).stepped_up(),
        Route::new(SignedIn, routes!(capabilities::list)),
        Route::new(SignedIn, routes!(connection::get)),
    ]
}

fn of_organisations() -> Vec<Route> {
    use Action::*;
    vec![
        Route::new(OrganisationCreate, routes!(organisations::create)),
        Route::new(OrganisationRead, routes!(organisations::list)),
        Route::new(OrganisationRead, routes!(organisations::get)),
        Route::new(OrganisationManage, routes!(organisations::update)),
        Route::new(OrganisationManage, routes!(organisations::delete)).stepped_up(),
        Route::new(OrganisationRead, routes!(storage::get)),
        Route::new(OrganisationRead, routes!(storage::get_retention)),
        Route::new(OrganisationManage, routes!(storage::set_retention)),
        Route::new(OrganisationRead, routes!(members::list)),
        Route::new(OrganisationManage, routes!(members::add)).stepped_up(),
        Route::new(OrganisationManage, routes!(members::update)).stepped_up(),
        Route::new(OrganisationManage, routes!(members::remove)).stepped_up(),
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
        Route::new(HomeManage, routes!(homes::delete)).stepped_up(),
        Route::new(DeviceRead, routes!(history::of_home)),
        Route::new(DeviceRead, routes!(readings_count::of_home)),
        Route::new(DeviceManage, routes!(readings_change::delete_of_home)).stepped_up(),
        Route::new(HomeManage, routes!(mqtt_clients::create)).stepped_up(),
        Route::new(HomeRead, routes!(mqtt_clients::of_home)),
        Route::new(HomeRead, routes!(mqtt_clients::get)),
        Route::new(HomeManage, routes!(mqtt_clients::update)).stepped_up(),
        Route::new(HomeManage, routes!(mqtt_clients::delete)),
        Route::new(HomeManage, routes!(mqtt_clients::rotate)).stepped_up(),
        Route::new(HomeManage, routes!(mqtt_refusals::of_home)),
        Route::new(OrganisationManage, routes!(mqtt_refusals::list)),
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
