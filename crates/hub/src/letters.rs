//! The wording of mails. One file per template and language (`letters/`): a subject, then paragraphs, and a link on a
//! line of its own as `[label]({{ link }})`. Text and HTML are both made from it, so that they say the same.

use lares_model::UnixMillis;
use lares_model::person::Language;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::{Map, Value};

/// A mail's words.
pub struct Worded {
    pub subject: String,
    pub text: String,
    pub html: String,
}

struct Template {
    name: &'static str,
    /// What has to be given, besides `server`, which all have.
    values: &'static [&'static str],
    en: &'static str,
    de: &'static str,
}

macro_rules! template {
    ($name:literal, [$($value:literal),*]) => {
        Template {
            name: $name,
            values: &[$($value),*],
            en: include_str!(concat!("../letters/en/", $name, ".txt")),
            de: include_str!(concat!("../letters/de/", $name, ".txt")),
        }
    };
}

static TEMPLATES: &[Template] = &[
    template!("verify_email", ["link"]),
    template!("password_reset", ["link"]),
    template!("email_change", ["link"]),
    template!("address_taken", ["link"]),
    template!("account_deleted", ["time"]),
    template!("invitation", ["organisation", "invited_by", "role", "expires_at", "link"]),
    template!("alarm_raised", ["name", "kind", "title", "home", "device", "raised_at", "time_zone", "link"]),
    template!("security_notice", ["event", "time", "program", "peer", "link"]),
];

static FRAME: &str = include_str!("../letters/frame.html");

fn footer(language: Language) -> &'static str {
    match language {
        Language::En => "This mail was sent by {{ server }}. It cannot be answered.",
        Language::De => "Diese Mail wurde von {{ server }} verschickt. Antworten werden nicht gelesen.",
    }
}

/// Why a mail cannot be worded: a mistake of ours.
#[derive(Debug, thiserror::Error)]
#[error("template {template}: {reason}")]
pub struct NotWorded {
    pub template: String,
    pub reason: String,
}

fn environment(html: bool) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("moment", moment);
    environment.set_auto_escape_callback(move |_| if html { AutoEscape::Html } else { AutoEscape::None });
    environment
}

/// An instant (RFC 3339) to the minute, in a zone where one is given.
fn moment(instant: &str, zone: Option<&str>) -> Result<String, minijinja::Error> {
    let parsed: Result<UnixMillis, String> = instant.parse();
    let refused = |reason| minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, reason);
    Ok(parsed.map_err(refused)?.to_the_minute(zone.unwrap_or("UTC")))
}

/// Line breaks and other control characters in a value would be structure of the mail, and are none.
fn tidy(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            Value::String(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
        }
        Value::Array(items) => items.iter().map(tidy).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), tidy(field))).collect(),
        other => other.clone(),
    }
}

struct Words<'a> {
    text: Environment<'static>,
    html: Environment<'static>,
    values: &'a Value,
}

impl Words<'_> {
    fn plain(&self, source: &str) -> Result<String, minijinja::Error> {
        Ok(self.text.render_str(source, Serde(self.values))?.trim().to_owned())
    }

    fn escaped(&self, source: &str) -> Result<String, minijinja::Error> {
        Ok(self.html.render_str(source, Serde(self.values))?.trim().to_owned())
    }

    /// Both forms of a paragraph; empty where it says nothing this time.
    fn paragraph(&self, source: &str) -> Result<(String, String), minijinja::Error> {
        let link = source.strip_prefix('[').and_then(|rest| rest.strip_suffix(')')?.split_once("]("));
        if let Some((label, address)) = link {
            let text = format!("{}:\n{}", self.plain(label)?, self.plain(address)?);
            let (label, address) = (self.escaped(label)?, self.escaped(address)?);
            let html = format!(
                "<p><a class=\"do\" href=\"{address}\">{label}</a></p>\n<p class=\"small\">{address}</p>"
            );
            return Ok((text, html));
        }
        let (text, html) = (self.plain(source)?, self.escaped(source)?);
        Ok(if text.is_empty() { (text, String::new()) } else { (text, format!("<p>{html}</p>")) })
    }
}

/// Words a mail. `server` is who it comes from, as people know it.
pub fn word(template: &str, language: Language, server: &str, values: &Value) -> Result<Worded, NotWorded> {
    let failed = |reason: String| NotWorded { template: template.to_owned(), reason };
    let known = TEMPLATES.iter().find(|known| known.name == template);
    let known = known.ok_or_else(|| failed("there is none of this name".to_owned()))?;
    let mut given: Map<String, Value> = values.as_object().cloned().unwrap_or_default();
    given.insert("server".to_owned(), server.into());
    given.insert("language".to_owned(), language.tag().into());
    if let Some(missing) = known.values.iter().find(|name| !given.contains_key(**name)) {
        return Err(failed(format!("{missing} is not given")));
    }
    let values = tidy(&Value::Object(given));
    let source = match language {
        Language::En => known.en,
        Language::De => known.de,
    };
    rendered(source, language, &values).map_err(|error| failed(error.to_string()))
}

fn rendered(source: &str, language: Language, values: &Value) -> Result<Worded, minijinja::Error> {
    let words = Words { text: environment(false), html: environment(true), values };
    let mut parts = source.trim().split("\n\n").map(str::trim);
    let subject = parts.next().unwrap_or_default();
    let subject = words.plain(subject.strip_prefix("subject: ").unwrap_or(subject))?;
    let mut text = String::new();
    let mut paragraphs = Vec::new();
    for part in parts {
        let (plain, html) = words.paragraph(part)?;
        if !plain.is_empty() {
            text.push_str(&plain);
            text.push_str("\n\n");
            paragraphs.push(minijinja::Value::from_safe_string(html));
        }
    }
    let footer = words.plain(footer(language))?;
    // Two hyphens and a space: what follows is a signature (RFC 3676, section 4.3).
    text.push_str(&format!("-- \n{footer}\n"));
    let frame = minijinja::context! {
        language => language.tag(), subject => &subject, paragraphs => paragraphs, footer => &footer,
    };
    let html = words.html.render_str(FRAME, frame)?;
    Ok(Worded { subject, text, html })
}

#[cfg(test)]
#[path = "letters_tests.rs"]
mod tests;
