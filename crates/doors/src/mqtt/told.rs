//! What the log is told of clients that are refused something: so many lines a minute for all of them, and how many were
//! left out. A client that is refused a thousand times a second fills no disk.

use std::sync::{Mutex, PoisonError};

use lares_model::UnixMillis;

const LINES_MAX: u32 = 60;
const EVERY_MS: i64 = 60_000;
/// Of a line; a topic alone may have 64 KiB.
const WORDS_MAX_BYTES: usize = 512;

#[derive(Default)]
pub(super) struct Told(Mutex<Minute>);

#[derive(Default)]
struct Minute {
    began: Option<UnixMillis>,
    lines: u32,
    left_out: u64,
}

impl Told {
    /// Whether a line may be written, and how many were left out since the last one.
    pub fn may(&self, now: UnixMillis) -> Option<u64> {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.began.is_none_or(|began| !(0..EVERY_MS).contains(&now.since_ms(began))) {
            (minute.began, minute.lines) = (Some(now), 0);
        }
        if minute.lines == LINES_MAX {
            minute.left_out += 1;
            return None;
        }
        minute.lines += 1;
        Some(std::mem::take(&mut minute.left_out))
    }
}

/// The beginning of what may be long.
pub(super) fn shortened(words: &str) -> &str {
    &words[..words.floor_char_boundary(WORDS_MAX_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_lines_a_minute_and_how_many_were_left_out() {
        let told = Told::default();
        let at = |ms: i64| told.may(UnixMillis(1_000_000 + ms));
        for ms in 0..60 {
            assert_eq!(at(ms), Some(0));
        }
        assert_eq!([at(60), at(59_999)], [None, None]);
        assert_eq!(at(60_000), Some(2));
        assert_eq!(at(60_001), Some(0));
        assert_eq!(at(-1), Some(0), "a clock that was set back silences nobody");
    }

    #[test]
    fn what_is_long_is_cut_between_letters() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"ä".repeat(300)).len(), 512);
        assert_eq!(shortened(&format!("x{}", "ä".repeat(300))).len(), 511);
    }
}
