//! Why an input was refused: one reason per field, in the words shown to the person who sent it.

use serde::{Deserialize, Serialize};

/// One field that is wrong. `field` is a JSON Pointer (RFC 6901) into the body, or a parameter's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Where: a JSON Pointer into the body, or the name of a query parameter or header.
    pub field: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// An input that is refused, with every field that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.summary())]
pub struct Invalid {
    pub errors: Vec<FieldError>,
}

impl Invalid {
    pub fn one(field: impl Into<String>, reason: impl Into<String>) -> Self {
        let mut invalid = Self::default();
        invalid.add(field, reason);
        invalid
    }

    pub fn add(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        self.errors.push(FieldError { field: field.into(), reason: reason.into() });
    }

    pub fn or<T>(self, value: T) -> Result<T, Invalid> {
        if self.errors.is_empty() { Ok(value) } else { Err(self) }
    }

    fn summary(&self) -> String {
        let parts: Vec<_> = self.errors.iter().map(|e| format!("{}: {}", e.field, e.reason)).collect();
        parts.join("; ")
    }

    /// A text that people read: trimmed length within bounds, no control characters.
    pub fn check_text(&mut self, field: &str, text: &str, min_chars: usize, max_chars: usize) {
        let count = text.trim().chars().count();
        if count < min_chars {
            self.add(field, format!("must have at least {min_chars} character(s) besides spaces"));
        } else if text.chars().count() > max_chars {
            self.add(field, format!("must have at most {max_chars} characters"));
        } else if text.chars().any(char::is_control) {
            self.add(field, "must not contain control characters");
        }
    }
}
