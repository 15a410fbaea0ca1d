//! All dialects together.
