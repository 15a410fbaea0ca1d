//! Every template in every language, with what it declares and with what a stranger might put into it.

use lares_model::person::Language;
use serde_json::{Value, json};

use super::*;
use crate::security_notice::TOLD;

/// What a stranger might put into a value; instants are ours.
fn sample(values: &[&str]) -> Value {
    let of = |name: &str| match name.strip_suffix("_at") {
        Some(_) => json!("2026-11-21T22:10:31.000Z"),
        None => json!(format!("{name}&<b>\r\nBcc: x@evil.example")),
    };
    values.iter().map(|name| ((*name).to_owned(), of(name))).collect()
}

#[test]
fn every_template_renders_in_both_languages_with_its_declared_values() {
    for template in TEMPLATES {
        for language in Language::EVERY {
            let values = sample(template.values);
            let worded = word(template.name, language, "lares.example", &values)
                .unwrap_or_else(|error| panic!("{language:?}: {error}"));
            assert!(!worded.subject.is_empty() && !worded.subject.contains(char::is_control));
            for body in [&worded.text, &worded.html] {
                assert!(body.contains("lares.example"), "{}: {body}", template.name);
                assert!(!body.contains("{{") && !body.contains("{%"), "{}: {body}", template.name);
                assert!(!body.contains('\r') && !body.contains("\nBcc:"), "{}: {body}", template.name);
            }
            assert!(worded.html.contains(&format!("lang=\"{}\"", language.tag())));
            assert!(worded.html.contains("prefers-color-scheme: dark") && !worded.html.contains("<img"));
            assert!(!worded.html.contains("<b>"), "a value became markup: {}", worded.html);
            for name in template.values {
                // What decides the wording is not shown itself.
                let decides = matches!(*name, "event" | "role" | "kind" | "time_zone");
                let instant = name.ends_with("_at") && worded.text.contains("2026-11-21 22:10 (UTC)");
                let shown = decides || instant || worded.text.contains(&format!("{name}&"));
                assert!(shown, "{}: {name} is declared and not used", template.name);
            }
        }
    }
}

#[test]
fn no_subject_can_show_a_secret() {
    for template in TEMPLATES {
        for source in [template.en, template.de] {
            let subject = source.lines().next().unwrap();
            assert!(subject.starts_with("subject: "), "{}", template.name);
            assert!(!subject.contains("{{"), "{}: {subject}", template.name);
        }
    }
}

#[test]
fn the_languages_have_the_same_links_and_values() {
    let used = |source: &str| {
        let mut found: Vec<String> = source
            .split("{{")
            .skip(1)
            .map(|rest| rest.split("}}").next().unwrap().trim().to_owned())
            .collect();
        found.sort();
        found.dedup();
        found
    };
    for template in TEMPLATES {
        assert_eq!(used(template.en), used(template.de), "{}", template.name);
    }
}

#[test]
fn every_event_that_is_told_has_a_sentence_of_its_own_in_both_languages() {
    let fallback = |language| {
        let values = json!({ "event": "x_y", "time": "t", "program": "p", "peer": "", "link": "l" });
        word("security_notice", language, "s", &values).unwrap().text
    };
    for language in Language::EVERY {
        let other = fallback(language);
        for event in TOLD {
            let name = crate::account_log::name_of(*event);
            let values = json!({ "event": name, "time": "t", "program": "p", "peer": "", "link": "l" });
            let text = word("security_notice", language, "s", &values).unwrap().text;
            let spelt = name.replace('_', " ");
            assert_ne!(text, other.replace("x y", &spelt), "{language:?}: no sentence for {name}");
        }
    }
}

#[test]
fn what_is_missing_is_said_and_nothing_is_sent_half() {
    assert!(word("verify_email", Language::En, "s", &json!({})).is_err());
    assert!(word("nothing", Language::En, "s", &json!({})).is_err());
}
