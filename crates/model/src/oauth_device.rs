//! Something without a keyboard that is let in from somewhere else (RFC 8628): the code that a person types, and what
//! is said to whoever asks how far it is.

use crate::time::UnixMillis;

pub const GOOD_FOR_MS: i64 = 10 * 60 * 1_000;
pub const INTERVAL_S: i64 = 5;
const SLOWER_BY_S: i64 = 5;

/// Consonants that are not mixed up, so that no word comes about (RFC 8628, section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
pub const USER_CODE_CHARS: usize = 8;

/// A code of 34 bits, made of random bytes; those that would favour a letter are passed over. `None`: they were too
/// few.
pub fn user_code(random: &[u8]) -> Option<String> {
    let fair = 255 - 255 % LETTERS.len() as u8;
    let letters = random.iter().filter(|byte| **byte < fair);
    let code: String = letters
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .take(USER_CODE_CHARS)
        .collect();
    (code.len() == USER_CODE_CHARS).then_some(code)
}

/// As it is shown: in two halves.
pub fn shown(code: &str) -> String {
    let (left, right) = code.split_at(USER_CODE_CHARS.min(code.len()) / 2);
    format!("{left}-{right}")
}

/// What a person typed, in one spelling; `None` where it can be no code.
pub fn typed(text: &str) -> Option<String> {
    if text.len() > 4 * USER_CODE_CHARS {
        return None;
    }
    let code: String =
        text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_uppercase()).collect();
    let known = |c: char| c.is_ascii() && LETTERS.contains(&(c as u8));
    (code.len() == USER_CODE_CHARS && code.chars().all(known)).then_some(code)
}

/// What a person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Allowed,
    Denied,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub expires_at: UnixMillis,
    /// How long to wait between two questions.
    pub interval_s: i64,
    pub polled_at: Option<UnixMillis>,
    pub decision: Option<Decision>,
}

/// What is answered to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    Pending,
    /// It asks too often: from now on it waits for so long.
    SlowDown {
        interval_s: i64,
    },
    Denied,
    Expired,
    Granted,
}

pub fn poll(standing: &Standing, now: UnixMillis) -> Poll {
    if now >= standing.expires_at {
        return Poll::Expired;
    }
    match standing.decision {
        Some(Decision::Allowed) => Poll::Granted,
        Some(Decision::Denied) => Poll::Denied,
        // A second's grace for clocks and ways that differ.
        None if standing.polled_at.is_some_and(|at| now.since_ms(at) < (standing.interval_s - 1) * 1_000) => {
            Poll::SlowDown { interval_s: standing.interval_s + SLOWER_BY_S }
        }
        None => Poll::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a14_a_code_has_34_bits_and_one_spelling() {
        let random: Vec<u8> = (0..=255).collect();
        let code = user_code(&random).unwrap();
        assert!((LETTERS.len() as f64).log2() * USER_CODE_CHARS as f64 >= 34.5);
        assert_eq!(code, "BCDFGHJK");
        assert_eq!(shown(&code), "BCDF-GHJK");
        for same in ["BCDF-GHJK", "bcdf ghjk", "bcdfghjk"] {
            assert_eq!(typed(same).as_deref(), Some("BCDFGHJK"));
        }
        for other in ["", "BCDFGHJ", "BCDFGHJKL", "ACDFGHJK", "BCDFGHJÖ", &"B-".repeat(40)] {
            assert_eq!(typed(other), None, "{other}");
        }
        assert_eq!(user_code(&[255; 64]), None, "no letter is favoured");
    }

    #[test]
    fn a14_who_asks_too_often_is_slowed_down_and_time_ends_everything() {
        let fresh =
            Standing { expires_at: UnixMillis(600_000), interval_s: 5, polled_at: None, decision: None };
        let at = |standing: Standing, now| poll(&standing, UnixMillis(now));
        assert_eq!(at(fresh, 0), Poll::Pending);
        let asked = Standing { polled_at: Some(UnixMillis(10_000)), ..fresh };
        assert_eq!(at(asked, 11_000), Poll::SlowDown { interval_s: 10 });
        assert_eq!(at(asked, 14_000), Poll::Pending);
        let slowed = Standing { interval_s: 10, ..asked };
        assert_eq!(at(slowed, 15_000), Poll::SlowDown { interval_s: 15 });
        assert_eq!(at(Standing { decision: Some(Decision::Allowed), ..asked }, 11_000), Poll::Granted);
        assert_eq!(at(Standing { decision: Some(Decision::Denied), ..asked }, 11_000), Poll::Denied);
        assert_eq!(at(Standing { decision: Some(Decision::Allowed), ..asked }, 600_000), Poll::Expired);
    }
}
