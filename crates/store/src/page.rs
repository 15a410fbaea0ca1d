//! How lists are cut: ordered by id, `after` exclusive, so that a page never misses or repeats a row.

use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The id of the last row already seen; `None` starts at the first.
    pub after: Option<Uuid>,
    pub limit: u64,
}
