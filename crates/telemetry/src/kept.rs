//! From when on what is kept of a shape's series is shown, whether or not what is older was removed yet.

use crate::Retention;
use crate::archive::Expiry;
use crate::shape::Shape;

/// From when on readings are shown, and what they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub raw_from: i64,
    pub rollups_from: i64,
}

impl Kept {
    pub const EVERYTHING: Kept = Kept { raw_from: i64::MIN, rollups_from: i64::MIN };

    pub fn of(shape: &Shape, retention: Option<&Retention>) -> Kept {
        let expiry = retention.and_then(|retention| Expiry::of_shape(shape, retention.as_ref()));
        expiry.map_or(Kept::EVERYTHING, |expiry| Kept {
            raw_from: expiry.raw_before.0,
            rollups_from: expiry.rollups_before.0,
        })
    }
}
