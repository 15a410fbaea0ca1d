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

/// Whether everything that `inner` covers, `outer` covers, too.
pub fn covers(outer: &str, inner: &str) -> bool {
    if inner.starts_with('$') && outer.starts_with(['+', '#']) {
        return false;
    }
    let mut inner_levels = inner.split('/');
    for level in outer.split('/') {
        match (level, inner_levels.next()) {
            ("#", _) => return true,
            (_, Some("#")) | (_, None) => return false,
            ("+", Some(_)) => {}
            (level, Some(other)) if level == other => {}
            _ => return false,
        }
    }
    inner_levels.next().is_none()
}

/// Whether some topic is covered by both filters.
pub fn overlap(one: &str, other: &str) -> bool {
    let own = |filter: &str| filter.starts_with('$');
    let wild = |filter: &str| filter.starts_with(['+', '#']);
    if (own(one) && wild(other)) || (own(other) && wild(one)) {
        return false;
    }
    let (mut ones, mut others) = (one.split('/'), other.split('/'));
    loop {
        match (ones.next(), others.next()) {
            (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
            (None, _) | (_, None) => return false,
            (Some("+"), Some(_)) | (Some(_), Some("+")) => {}
            (Some(level), Some(other)) if level == other => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter() -> impl Strategy<Value = String> {
        let levels = prop::collection::vec(prop::sample::select(vec!["a", "b", "+"]), 1..4);
        (levels, any::<bool>()).prop_map(|(mut levels, below)| {
            if below {
                levels.push("#");
            }
            levels.join("/")
        })
    }

    /// Every topic of up to five levels of the letters that filters here are made of.
    fn topics() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut found = Vec::new();
        for depth in 0..5 {
            let slash = if depth == 0 { "" } else { "/" };
            all = all.iter().flat_map(|t| ["a", "b", "c"].map(|l| format!("{t}{slash}{l}"))).collect();
            found.extend(all.clone());
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn covering_and_overlapping_mean_what_matching_says(one in filter(), other in filter()) {
            let topics = topics();
            let both = topics.iter().any(|t| matches(&one, t) && matches(&other, t));
            prop_assert_eq!(overlap(&one, &other), both);
            let all = topics.iter().all(|t| !matches(&other, t) || matches(&one, t));
            prop_assert_eq!(covers(&one, &other), all);
        }
    }

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
