//! A message's payload, as text and as JSON; each is made when it is first asked for.

use std::cell::OnceCell;

use serde_json::Value as Json;

pub(crate) struct Message<'a> {
    payload: &'a [u8],
    json: OnceCell<Option<Json>>,
    template_value: OnceCell<Option<minijinja::Value>>,
}

impl<'a> Message<'a> {
    pub fn new(payload: &'a [u8]) -> Message<'a> {
        Message { payload, json: OnceCell::new(), template_value: OnceCell::new() }
    }

    /// A part of a larger message.
    pub fn of(json: Json) -> Message<'static> {
        Message { payload: b"", json: OnceCell::from(Some(json)), template_value: OnceCell::new() }
    }

    pub fn text(&self) -> Option<&'a str> {
        std::str::from_utf8(self.payload).ok()
    }

    pub fn bytes(&self) -> usize {
        self.payload.len()
    }

    /// `None` where the payload is no JSON.
    pub fn json(&self) -> Option<&Json> {
        self.json.get_or_init(|| serde_json::from_slice(self.payload).ok()).as_ref()
    }

    /// The JSON as templates see it.
    pub fn template_value(&self) -> Option<&minijinja::Value> {
        let made = || self.json().map(|json| minijinja::Value::from(minijinja::value::Serde(json)));
        self.template_value.get_or_init(made).as_ref()
    }
}
