//! Everything relational, on SQLite or PostgreSQL by URL: the only SQL of the project.
//! One file per noun, free functions over a connection; reads take the caller's scope, writes a unit of work.

mod check;
mod error;
mod page;
mod rows;
mod schema;
mod store;
mod text;
mod work;

mod migrations;

pub mod account_log;
pub mod alarms;
pub mod app_sessions;
pub mod certificates;
pub mod commands;
pub mod credentials;
pub mod cursors;
pub mod device_keys;
pub mod devices;
pub mod discovered;
pub mod events;
pub mod homes;
pub mod idempotency;
pub mod identities;
pub mod ingest;
pub mod invitations;
pub mod memberships;
pub mod mqtt_clients;
pub mod notifications;
pub mod oauth_clients;
pub mod oauth_consents;
pub mod oauth_device_grants;
pub mod organisations;
pub mod passkeys;
pub mod personal;
pub mod recovery_codes;
pub mod retention;
pub mod rooms;
pub mod search;
pub mod signing_keys;
pub mod subject_keys;
pub mod tickets;
pub mod tokens;
pub mod totp;
pub mod users;
pub mod webhooks;

pub use error::StoreError;
pub use page::Page;
pub use schema::schema_document;
pub use store::{Store, StoreOptions};
pub use work::{Conn, UnitOfWork};
