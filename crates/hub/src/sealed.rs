//! Personal fields in event payloads, sealed under their subject's own key from the first event on: destroying the
//! key erases them everywhere the log went, while the log itself stays whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lares_model::OrganisationId;
use lares_store::{Conn, UnitOfWork, subject_keys};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::HubError;
use crate::hub::Hub;
use crate::vault::{KEY_BYTES, open_under, seal_under};

const MARK: &str = "sealed_for";

fn key_context(subject: Uuid) -> String {
    format!("subject_keys/{subject}")
}

fn internal(error: impl ToString) -> HubError {
    HubError::Internal(error.to_string())
}

/// A personal text as it enters a payload: who it is about, and what only that subject's key opens.
pub async fn personal(
    hub: &Hub,
    work: &UnitOfWork,
    organisation: OrganisationId,
    subject: Uuid,
    text: &str,
) -> Result<Value, HubError> {
    let key = match subject_keys::find(work, subject).await? {
        Some(wrapped) => hub.vault.open(&key_context(subject), &wrapped).map_err(internal)?,
        None => {
            let mut key = vec![0; KEY_BYTES];
            hub.entropy.fill(&mut key);
            let wrapped = hub.vault.seal(hub.entropy.as_ref(), &key_context(subject), &key).map_err(internal)?;
            subject_keys::insert(work, subject, organisation, wrapped, hub.now()).await?;
            key
        }
    };
    let sealed = seal_under(&key, hub.entropy.as_ref(), "event", text.as_bytes()).map_err(internal)?;
    Ok(json!({ MARK: subject, "data": STANDARD.encode(sealed) }))
}

/// Opens every sealed field of a payload for a reader who may see it; what was erased says so.
pub async fn reveal(hub: &Hub, conn: &impl Conn, payload: &mut Value) -> Result<(), HubError> {
    let mut found = Vec::new();
    collect(payload, &mut found);
    for pointer in found {
        let Some(slot) = payload.pointer_mut(&pointer) else { continue };
        let subject = slot[MARK].as_str().and_then(|text| Uuid::parse_str(text).ok());
        let sealed = slot["data"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let (Some(subject), Some(sealed)) = (subject, sealed) else { continue };
        *slot = match subject_keys::find(conn, subject).await? {
            None => Value::String("[erased]".to_owned()),
            Some(wrapped) => {
                let key = hub.vault.open(&key_context(subject), &wrapped).map_err(internal)?;
                // A device may put the same field names into its own data: that opens under no key and stays.
                match open_under(&key, "event", &sealed) {
                    Ok(plain) => Value::String(String::from_utf8_lossy(&plain).into_owned()),
                    Err(_) => continue,
                }
            }
        };
    }
    Ok(())
}

fn collect(value: &Value, found: &mut Vec<String>) {
    fn walk(value: &Value, path: &mut String, found: &mut Vec<String>) {
        let length = path.len();
        match value {
            Value::Object(fields) if fields.contains_key(MARK) => found.push(path.clone()),
            Value::Object(fields) => {
                for (name, field) in fields {
                    path.push('/');
                    path.push_str(&name.replace('~', "~0").replace('/', "~1"));
                    walk(field, path, found);
                    path.truncate(length);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push('/');
                    path.push_str(&index.to_string());
                    walk(item, path, found);
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }
    walk(value, &mut String::new(), found);
}
