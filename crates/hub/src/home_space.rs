//! The one entry of what clients say in a home's MQTT space: wishes for our devices first, then the dialects.

use std::sync::Arc;

use lares_model::dialect::Heard;

use crate::dialects::Consequence;
use crate::home_clients::HomeClient;
use crate::hub::Hub;
use crate::{dialects, export};

/// Hears a message that a client published in its home. `None` when it means nothing to us; else what follows from it.
/// Futures of one connection must be awaited in the order of their messages.
pub fn hear(hub: &Arc<Hub>, client: &Arc<HomeClient>, heard: &Heard<'_>) -> Option<Consequence> {
    // Our own topics are nobody's dialect.
    if heard.topic.starts_with("lares/") {
        return export::hear(hub, client, heard);
    }
    let started = export::hear(hub, client, heard);
    debug_assert!(started.is_none(), "only a wish has consequences of its own");
    dialects::hear(hub, client.home, heard, client.trusted)
}
