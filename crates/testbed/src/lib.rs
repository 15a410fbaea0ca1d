//! What tests stand on. A dev dependency only; each module stands alone.

pub mod vfs;
