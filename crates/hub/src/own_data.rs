//! Everything that is kept about a person, as one JSON document (GDPR, articles 15 and 20). It is made piece by piece,
//! so that years of events do not fill the memory. What is in it is declared by the store.

use std::sync::Arc;

use lares_model::NotificationId;
use lares_store::personal::{self, Person, Place};
use serde_json::{Map, Value, json};

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::identity::{self, User};
use crate::notifications::address_context;
use crate::sealed;

const ROWS_PER_PIECE: u64 = 500;

/// Where the document is.
pub struct Export {
    hub: Arc<Hub>,
    user: User,
    tables: Vec<&'static str>,
    at: usize,
    place: Option<Place>,
    begun: bool,
    /// Whether the table at hand has an entry already.
    has_rows: bool,
    ended: bool,
}

/// Only for the person: a program that was let in gets what its scopes say, and not this.
pub async fn begin(hub: &Arc<Hub>, caller: &Caller, visitor: &Visitor) -> Result<Export, HubError> {
    caller.in_person()?;
    let user = identity::profile(hub, caller).await?;
    let work = hub.store.begin().await?;
    account_log::note(hub, &work, user.id, AccountEvent::DataExported, json!({}), visitor).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(Export {
        hub: hub.clone(),
        user,
        tables: personal::table_names().collect(),
        at: 0,
        place: None,
        begun: false,
        has_rows: false,
        ended: false,
    })
}

/// By table and column, with the reason.
fn withheld() -> Value {
    let mut all = Map::new();
    for (table, column, reason) in personal::withheld() {
        let of_table = all.entry(table).or_insert_with(|| json!({}));
        of_table[column] = reason.into();
    }
    Value::Object(all)
}

impl Export {
    /// The next piece of the document; `None` after its end.
    pub async fn next(&mut self) -> Result<Option<String>, HubError> {
        if self.ended {
            return Ok(None);
        }
        let mut piece = String::new();
        if !self.begun {
            self.begun = true;
            let (id, at) = (self.user.id, self.hub.now());
            piece.push_str(&format!(
                "{{\"format\":\"lares-person-1\",\"person\":\"{id}\",\"exported_at\":\"{at}\",\"tables\":{{"
            ));
        }
        let Some(table) = self.tables.get(self.at) else {
            self.ended = true;
            piece.push_str(&format!("}},\"withheld\":{}}}\n", withheld()));
            return Ok(Some(piece));
        };
        if self.place.is_none() {
            let comma = if self.at == 0 { "" } else { "," };
            piece.push_str(&format!("{comma}\"{table}\":["));
            self.has_rows = false;
        }
        let person = Person { id: self.user.id, email: &self.user.email };
        let place = self.place.take();
        let (rows, place) = personal::rows(&self.hub.store, table, &person, place, ROWS_PER_PIECE).await?;
        for row in rows {
            if self.has_rows {
                piece.push(',');
            }
            self.has_rows = true;
            piece.push_str(&Value::Object(self.readable(table, row).await?).to_string());
        }
        match place {
            Some(place) => self.place = Some(place),
            None => {
                piece.push(']');
                self.at += 1;
            }
        }
        Ok(Some(piece))
    }

    /// What is sealed at rest is the person's to read.
    async fn readable(
        &self,
        table: &str,
        mut row: Map<String, Value>,
    ) -> Result<Map<String, Value>, HubError> {
        if table == "events"
            && let Some(payload) = row.get_mut("payload")
        {
            sealed::reveal(&self.hub, &self.hub.store, payload).await?;
        }
        if let Some(sealed) = row.remove("sealed_address") {
            row.insert("address".to_owned(), self.address(&row, &sealed).into());
        }
        Ok(row)
    }

    fn address(&self, row: &Map<String, Value>, sealed: &Value) -> Option<String> {
        let id: NotificationId = row.get("id")?.as_str()?.parse().ok()?;
        let hex = sealed.as_str()?;
        let bytes = (0..hex.len() / 2).map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok());
        let sealed = bytes.collect::<Option<Vec<u8>>>()?;
        let plain = self.hub.vault.open(&address_context(id), &sealed).ok()?;
        String::from_utf8(plain).ok()
    }
}
