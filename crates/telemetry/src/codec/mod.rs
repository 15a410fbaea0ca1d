//! How numbers, texts and whole chunks become bytes. Bit-exact both ways, and total: bytes that nobody wrote are an
//! error and never a panic or a value.

pub mod chunk;
pub mod column;
mod flat;
pub mod integers;
pub mod packed;
pub mod varint;
