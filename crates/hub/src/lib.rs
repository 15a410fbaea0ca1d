//! What Lares does. Doors call these functions with a `Caller`; devices' messages enter by `ingest`; the follower
//! folds the log; the dispatcher hands commands over. Decisions are `lares_model`'s, rows are `lares_store`'s.

pub mod attention;
pub mod caller;
pub mod commands;
pub mod cursor;
pub mod device_import;
pub mod devices;
pub mod diagnostics;
pub mod directory;
pub mod dispatcher;
pub mod error;
pub mod events;
pub mod feed;
pub mod follower;
pub mod history;
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
pub mod rooms;
pub mod sealed;
pub mod search;
pub mod sweeper;
pub mod vault;
pub mod watch;

pub use caller::Caller;
pub use error::HubError;
pub use hub::{Hub, HubParts};
pub use once::Once;
