//! What happens at a lock: who turned it, from where, with which user's code.

use lares_model::dialect::{Finding, Heard};
use lares_model::record::Occurrence;
use serde_json::{Map, Value as Json};

use crate::message::Message;

/// The message's `action` as an occurrence of Matter's door lock.
pub(super) fn operation(foreign_id: &str, heard: &Heard<'_>) -> Option<Finding> {
    let message = Message::new(heard.payload);
    let said = message.json()?;
    let action = said.get("action")?.as_str().filter(|action| !action.is_empty())?;
    let mut data = Map::new();
    data.insert("action".to_owned(), Json::from(action));
    if let Some(source) = said.get("action_source_name").and_then(Json::as_str) {
        data.insert("source".to_owned(), Json::from(source_of(source)));
    } else if let Some(source) = source_in(action) {
        data.insert("source".to_owned(), Json::from(source));
    }
    if let Some(user) = said.get("action_user").and_then(Json::as_u64) {
        data.insert("user".to_owned(), Json::from(user));
    }
    let event = if action.contains("failure") || action.contains("fail") || action.contains("jam") {
        "LockOperationError"
    } else if action.contains("_added") || action.contains("_deleted") || action.contains("_changed") {
        "LockUserChange"
    } else if action.contains("unlock") {
        data.insert("operation".to_owned(), Json::from("Unlock"));
        "LockOperation"
    } else if action.contains("lock") {
        data.insert("operation".to_owned(), Json::from("Lock"));
        "LockOperation"
    } else {
        "LockOperation"
    };
    let event = format!("DoorLock.{event}");
    let occurrence = Occurrence { endpoint: 0, event, time: heard.received, data };
    Some(Finding::Occurred { foreign_id: foreign_id.to_owned(), occurrences: vec![occurrence] })
}

fn source_of(name: &str) -> &'static str {
    match name {
        "keypad" => "Keypad",
        "rfid" => "RFID",
        "manual" => "Manual",
        "rf" | "remote" => "Remote",
        "fingerprint" | "fingerprintsensor" => "Biometric",
        "auto" | "schedule" => "Auto",
        _ => "Unspecified",
    }
}

/// Some locks say it in the action itself.
fn source_in(action: &str) -> Option<&'static str> {
    let sources = ["keypad", "rfid", "manual", "remote", "fingerprint", "auto", "schedule"];
    if action.starts_with("key_") || action.starts_with("one_touch") {
        return Some("Manual");
    }
    sources.into_iter().find(|source| action.contains(source)).map(source_of)
}
