//! Topic names and topic filters (section 4.7): what is well formed, and what matches what.

use crate::codec::Violation;

/// A topic name is not empty and has no wildcard [MQTT-4.7.3-1], [MQTT-3.3.2-2].
pub fn check_topic(topic: &str) -> Result<(), Violation> {
    if topic.is_empty() {
        return Err(Violation::EmptyTopic);
    }
    if topic.bytes().any(|byte| matches!(byte, b'+' | b'#')) {
        return Err(Violation::WildcardInTopic);
    }
    if topic.contains('\0') {
        return Err(Violation::Nul);
    }
    Ok(())
}

/// `#` stands alone and last [MQTT-4.7.1-1], `+` fills its level [MQTT-4.7.1-2], and a shared subscription
/// names a group without wildcards and a filter [MQTT-4.8.2-1], [MQTT-4.8.2-2].
pub fn check_filter(filter: &str) -> Result<(), Violation> {
    if filter.is_empty() {
        return Err(Violation::EmptyTopic);
    }
    if filter.contains('\0') {
        return Err(Violation::Nul);
    }
    let plain = if filter.starts_with("$share/") {
        let (group, rest) = shared(filter).ok_or(Violation::Filter)?;
        if group.is_empty() || group.contains(['+', '#']) || rest.is_empty() {
            return Err(Violation::Filter);
        }
        rest
    } else {
        filter
    };
    let mut levels = plain.split('/').peekable();
    while let Some(level) = levels.next() {
        let last = levels.peek().is_none();
        let fine = match level {
            "#" => last,
            "+" => true,
            _ => !level.contains(['+', '#']),
        };
        if !fine {
            return Err(Violation::Filter);
        }
    }
    Ok(())
}

/// Group and filter of `$share/group/filter`.
pub fn shared(filter: &str) -> Option<(&str, &str)> {
    filter.strip_prefix("$share/")?.split_once('/')
}

/// Whether a (plain, well formed) filter covers a topic name.
pub fn matches(filter: &str, topic: &str) -> bool {
    // [MQTT-4.7.2-1] wildcards at the root do not see topics of the server's own.
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut topics = topic.split('/');
    for level in filter.split('/') {
        match (level, topics.next()) {
            // `a/#` matches `a` itself, too.
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(name)) if level == name => {}
            _ => return false,
        }
    }
    topics.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_checked_level_by_level() {
        for good in ["a", "/", "+", "#", "a/+/b", "a/#", "+/+", "/+", "$SYS/#", "$share/g/a/#", "a//b"] {
            assert_eq!(check_filter(good), Ok(()), "{good}");
        }
        let bad = [
            "",
            "a/#/b",
            "a+",
            "+a",
            "a#",
            "a/b#",
            "##",
            "#/",
            "$share/g",
            "$share//a",
            "$share/+/a",
            "$share/g/",
        ];
        for bad in bad {
            assert!(check_filter(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn matching_follows_section_4_7() {
        let yes = [
            ("sport/tennis/player1/#", "sport/tennis/player1"),
            ("sport/#", "sport"),
            ("#", "a/b"),
            ("+/+", "/finance"),
            ("/+", "/finance"),
            ("sport/+", "sport/"),
            ("$SYS/#", "$SYS/a"),
            ("a//b", "a//b"),
        ];
        for (filter, topic) in yes {
            assert!(matches(filter, topic), "{filter} {topic}");
        }
        let no = [
            ("sport/tennis/+", "sport/tennis/a/b"),
            ("sport/+", "sport"),
            ("+", "/finance"),
            ("#", "$SYS/a"),
            ("+/monitor", "$SYS/monitor"),
            ("a", "A"),
            ("a/b", "a"),
            ("a", "a/b"),
        ];
        for (filter, topic) in no {
            assert!(!matches(filter, topic), "{filter} {topic}");
        }
    }
}
