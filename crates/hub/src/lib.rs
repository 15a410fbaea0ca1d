//! What Lares does. Doors call these functions with a `Caller`; devices' messages enter by `ingest`; the follower
//! folds the log; the dispatcher hands commands over. Decisions are `lares_model`'s, rows are `lares_store`'s.

pub mod attention;
pub mod caller;
pub mod chart;
pub mod commands;
pub mod cursor;
pub mod device_import;
pub mod devices;
pub mod diagnostics;
pub mod directory;
pub mod dispatcher;
pub mod error;
pub mod events;
pub mod expirer;
pub mod feed;
pub mod follower;
pub mod history;
pub mod home_clients;
pub mod homes;
pub mod hub;
pub mod identity;
pub mod ingest;
pub mod live;
pub mod members;
pub mod nudge;
pub mod once;
pub mod organisations;
pub mod passwords;
pub mod readings;
pub mod readings_correction;
pub mod readings_csv;
pub mod readings_deletion;
pub mod readings_import;
pub mod retention;
pub mod rooms;
pub mod sealed;
pub mod search;
pub mod series;
pub mod storage;
pub mod sweeper;
pub mod vault;
pub mod watch;

pub use caller::Caller;
pub use error::HubError;
pub use hub::{Hub, HubParts};
pub use once::Once;
