//! Homie.
