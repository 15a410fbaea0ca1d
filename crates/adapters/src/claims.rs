//! Who speaks for a device that several dialects know. Zigbee2MQTT and Tasmota announce their devices to Home Assistant
//! too; the dialect that is the device's own claims it under the ids used there, and the other leaves it alone.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Shared by the dialects of one home.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    ids: BTreeSet<String>,
    version: u64,
}

impl Claims {
    pub fn claim(&self, ids: impl IntoIterator<Item = String>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if inner.ids.insert(id) {
                inner.version += 1;
            }
        }
    }

    /// Changes whenever there is a new claim.
    pub fn version(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).version
    }

    pub fn any<'a>(&self, mut ids: impl Iterator<Item = &'a String>) -> bool {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.any(|id| inner.ids.contains(id))
    }
}

/// A MAC address as claims have it: twelve lower-case hexadecimal digits.
pub(crate) fn mac(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    format!("mac:{}", digits.to_lowercase())
}
