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
pub mod devices;
pub mod discovered;
pub mod events;
pub mod homes;
pub mod idempotency;
pub mod ingest;
pub mod invitations;
pub mod memberships;
pub mod mqtt_clients;
pub mod notifications;
pub mod organisations;
pub mod retention;
pub mod rooms;
pub mod search;
pub mod signing_keys;
pub mod subject_keys;
pub mod tickets;
pub mod tokens;
pub mod users;
pub mod webhooks;

pub use error::StoreError;
pub use page::Page;
pub use schema::schema_document;
pub use store::{Store, StoreOptions};
pub use work::{Conn, UnitOfWork};
