//! Presses of buttons and the like, in Matter's events of a switch. The device's own word always goes with them.

use lares_model::UnixMillis;
use lares_model::record::Occurrence;
use serde_json::Value as Json;

use crate::convert::text;
use crate::roster::clip;

/// What the word contains, and what that is; the first that fits counts.
const EVENTS: [(&str, &str); 16] = [
    ("hold_release", "LongRelease"),
    ("long_release", "LongRelease"),
    ("press_release", "ShortRelease"),
    ("short_release", "ShortRelease"),
    ("double", "MultiPressComplete"),
    ("triple", "MultiPressComplete"),
    ("quadruple", "MultiPressComplete"),
    ("many", "MultiPressComplete"),
    ("long", "LongPress"),
    ("hold", "LongPress"),
    ("btn_down", "InitialPress"),
    ("btn_up", "ShortRelease"),
    ("single", "ShortRelease"),
    ("short", "ShortRelease"),
    ("release", "ShortRelease"),
    ("press", "InitialPress"),
];

/// Nothing for an empty word: that is how a device says that the press is over.
pub(crate) fn occurrence(endpoint: u16, raw: &Json, time: UnixMillis) -> Option<Occurrence> {
    let action = clip(&text(raw), 255);
    if raw.is_null() || action.is_empty() || action == "None" {
        return None;
    }
    let lower = action.to_lowercase();
    let event =
        EVENTS.iter().find(|(word, _)| lower.contains(word)).map_or("InitialPress", |(_, event)| event);
    let mut data = serde_json::Map::new();
    data.insert("action".to_owned(), Json::from(action));
    let presses = [("double", 2), ("triple", 3), ("quadruple", 4)];
    if let Some((_, count)) = presses.iter().find(|(word, _)| lower.contains(word)) {
        data.insert("presses".to_owned(), Json::from(*count));
    }
    Some(Occurrence { endpoint, event: format!("Switch.{event}"), time, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_of_presses_become_events_of_a_switch() {
        let event = |word: &str| occurrence(1, &json!(word), UnixMillis(0)).map(|found| found.event);
        for (word, expected) in [
            ("single", "Switch.ShortRelease"),
            ("double_left", "Switch.MultiPressComplete"),
            ("on_press_release", "Switch.ShortRelease"),
            ("on_press", "Switch.InitialPress"),
            ("up_hold_release", "Switch.LongRelease"),
            ("button_long_press", "Switch.LongPress"),
            ("shake", "Switch.InitialPress"),
        ] {
            assert_eq!(event(word).as_deref(), Some(expected), "{word}");
        }
        assert_eq!(event(""), None);
    }
}
