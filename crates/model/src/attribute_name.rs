//! The full name of an attribute, `Capability.Attribute`, as readings carry it. Devices say the same few names with
//! every message, so one that the catalogue has is a reference to it and costs nothing to keep or to copy.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::capability::{Attribute, capabilities};

#[derive(Clone)]
pub struct AttributeName(Name);

#[derive(Clone)]
enum Name {
    Known(&'static str, &'static Attribute),
    /// Not in the catalogue: such as what an older version has stored.
    Other(Arc<str>),
}

static KNOWN: LazyLock<HashMap<String, &'static Attribute>> = LazyLock::new(|| {
    let each = capabilities().iter().flat_map(|capability| {
        let name = move |attribute: &Attribute| format!("{}.{}", capability.name, attribute.name);
        capability.attributes.iter().map(move |attribute| (name(attribute), attribute))
    });
    each.collect()
});

impl AttributeName {
    /// A name of the catalogue; `None` where it has none of this spelling.
    pub fn known(full_name: &str) -> Option<(AttributeName, &'static Attribute)> {
        let (name, &attribute) = KNOWN.get_key_value(full_name)?;
        Some((AttributeName(Name::Known(name, attribute)), attribute))
    }

    /// What the catalogue says of it.
    pub fn attribute(&self) -> Option<&'static Attribute> {
        match &self.0 {
            Name::Known(_, attribute) => Some(attribute),
            Name::Other(_) => None,
        }
    }

    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Known(name, _) => name,
            Name::Other(name) => name,
        }
    }
}

impl From<&str> for AttributeName {
    fn from(full_name: &str) -> Self {
        let known = AttributeName::known(full_name).map(|(name, _)| name);
        known.unwrap_or_else(|| AttributeName(Name::Other(full_name.into())))
    }
}

impl From<&String> for AttributeName {
    fn from(full_name: &String) -> Self {
        full_name.as_str().into()
    }
}

impl From<String> for AttributeName {
    fn from(full_name: String) -> Self {
        full_name.as_str().into()
    }
}

impl Deref for AttributeName {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for AttributeName {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for AttributeName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for AttributeName {}

impl PartialEq<str> for AttributeName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for AttributeName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for AttributeName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AttributeName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for AttributeName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for AttributeName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for AttributeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_spelling_wherever_it_comes_from() {
        for capability in capabilities() {
            for attribute in capability.attributes {
                let full_name = format!("{}.{}", capability.name, attribute.name);
                let (name, found) = AttributeName::known(&full_name).unwrap();
                assert!(std::ptr::eq(found, attribute) && name == *full_name.as_str(), "{full_name}");
            }
        }
        let (known, other) = (AttributeName::from("OnOff.OnOff"), AttributeName::from("OnOff.Gone"));
        assert!(known.attribute().is_some() && other.attribute().is_none());
        assert!(known != other && other == "OnOff.Gone" && other < known);
        for name in [known, other] {
            let text = serde_json::to_string(&name).unwrap();
            assert_eq!(text, format!("{:?}", name.as_str()));
            assert_eq!(serde_json::from_str::<AttributeName>(&text).unwrap(), name);
        }
    }
}
