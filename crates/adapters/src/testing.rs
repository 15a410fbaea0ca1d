//! What tests of dialects stand on: somebody who speaks to one, and remembers what it found.

use std::collections::BTreeMap;

use lares_model::dialect::{CannotSay, Description, Dialect, Finding, Heard, Say};
use lares_model::record::Occurrence;
use lares_model::{UnixMillis, Value, capability};

pub(crate) const NOW: UnixMillis = UnixMillis(1_795_000_000_000);

pub(crate) struct Ear {
    pub dialect: Box<dyn Dialect>,
    pub said: Vec<Say>,
    pub occurred: Vec<Occurrence>,
    pub rejected: Vec<String>,
    pub gone: Vec<String>,
    pub described: usize,
}

impl Ear {
    pub fn of(name: &str) -> Ear {
        let dialect = crate::dialects().into_iter().find(|dialect| dialect.name() == name).unwrap();
        Ear { dialect, said: vec![], occurred: vec![], rejected: vec![], gone: vec![], described: 0 }
    }

    pub fn hears(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> Vec<Finding> {
        self.heard(topic, payload.as_ref(), true, false)
    }

    /// A message that is not retained, such as a press.
    pub fn hears_once(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> Vec<Finding> {
        self.heard(topic, payload.as_ref(), false, false)
    }

    pub fn heard(&mut self, topic: &str, payload: &[u8], retain: bool, replayed: bool) -> Vec<Finding> {
        let heard = Heard { topic, payload, retain, replayed, received: NOW };
        let findings = self.dialect.hear(&heard);
        for finding in &findings {
            match finding {
                Finding::Described(description) => {
                    self.described += 1;
                    check(description);
                }
                Finding::Gone { foreign_id } => self.gone.push(foreign_id.clone()),
                Finding::Rejected { reason, .. } => self.rejected.push(reason.clone()),
                Finding::Occurred { occurrences, .. } => self.occurred.extend(occurrences.clone()),
                Finding::Say(say) => self.said.push(say.clone()),
                Finding::Readings { .. } | Finding::Presence { .. } => {}
            }
        }
        findings
    }

    /// One message a line: topic, tab, payload.
    pub fn hears_all(&mut self, fixture: &str) {
        for line in fixture.lines() {
            let (topic, payload) = line.split_once('\t').unwrap();
            self.hears(topic, payload);
        }
    }

    pub fn description(&self, id: &str) -> Description {
        match self.dialect.recall(id).into_iter().next() {
            Some(Finding::Described(description)) => *description,
            other => panic!("{id}: {other:?}"),
        }
    }

    pub fn knows(&self, id: &str) -> bool {
        !self.dialect.recall(id).is_empty()
    }

    /// What is known, by endpoint name (or number) and attribute.
    pub fn values(&self, id: &str) -> BTreeMap<String, Value> {
        let description = self.description(id);
        let name = |number: u16| {
            let endpoint = description.endpoints.iter().find(|endpoint| endpoint.endpoint == number);
            endpoint.and_then(|endpoint| endpoint.name.clone()).unwrap_or_else(|| number.to_string())
        };
        let mut values = BTreeMap::new();
        for finding in self.dialect.recall(id) {
            if let Finding::Readings { readings, .. } = finding {
                for measured in readings {
                    values.insert(
                        format!("{}/{}", name(measured.endpoint), measured.attribute),
                        measured.value,
                    );
                }
            }
        }
        values
    }

    pub fn value(&self, id: &str, key: &str) -> Value {
        let values = self.values(id);
        values.get(key).unwrap_or_else(|| panic!("{key} is not in {values:#?}")).clone()
    }

    pub fn online(&self, id: &str) -> Option<bool> {
        self.dialect.recall(id).into_iter().find_map(|finding| match finding {
            Finding::Presence { online, .. } => Some(online),
            _ => None,
        })
    }

    /// What the command becomes, as topic and payload; the endpoint by its name or number.
    pub fn words(
        &self,
        id: &str,
        endpoint: &str,
        command: &str,
        args: &[(&str, Value)],
    ) -> Vec<(String, String)> {
        let says = self.try_word(id, endpoint, command, args).unwrap();
        says.into_iter().map(|say| (say.topic, String::from_utf8(say.payload).unwrap())).collect()
    }

    pub fn try_word(
        &self,
        id: &str,
        endpoint: &str,
        command: &str,
        args: &[(&str, Value)],
    ) -> Result<Vec<Say>, CannotSay> {
        let description = self.description(id);
        let named = description.endpoints.iter().find(|known| known.name.as_deref() == Some(endpoint));
        let number = named.map_or_else(|| endpoint.parse().unwrap(), |endpoint| endpoint.endpoint);
        let spec = capability::command(command).unwrap();
        let args = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.dialect.word(id, number, command, &spec.accept_args(&args).unwrap())
    }
}

/// What every description must be: a registration would take it.
fn check(description: &Description) {
    let mut seen = std::collections::BTreeSet::new();
    assert!(description.endpoints.len() <= 64);
    for endpoint in &description.endpoints {
        assert!(seen.insert(endpoint.endpoint) && endpoint.endpoint <= 254);
        assert!(!endpoint.capabilities.is_empty());
        for name in &endpoint.capabilities {
            assert!(capability::capability(name).is_some(), "{name}");
        }
    }
    assert!(!description.name.is_empty() && description.name.chars().count() <= 120);
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn number(number: f64) -> Value {
    Value::Number(number)
}
