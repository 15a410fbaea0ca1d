//! Which passwords are taken: those that are long enough and not among the first that anybody would try. There is no
//! rule about which characters must be in one (NIST SP 800-63B, section 5.1.1.2).

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

pub const LENGTH_MIN_CHARS: usize = 8;
pub const LENGTH_MAX_CHARS: usize = 128;

const KEPT_BYTES: usize = 6;
/// The beginnings of SHA-256 of some 16,000 passwords, sorted; `scripts/common-passwords.py` makes them.
static COMMON: &[u8] = include_bytes!("passwords/common.bin");

const PRODUCT: &str = "lares";
/// Shorter words are in too many good passwords by chance.
const WORD_MIN_CHARS: usize = 4;
/// What consists of repetitions of so few characters is as easy to guess as these.
const UNIT_MAX_CHARS: usize = 4;

/// The one spelling of a password: the same keys on another keyboard give the same password.
pub fn normalised(password: &str) -> Cow<'_, str> {
    if is_nfc(password) { password.into() } else { password.nfc().collect::<String>().into() }
}

/// Why a password is not taken from somebody about whom these texts are known, such as name and e-mail address.
pub fn refusal(password: &str, about: &[&str]) -> Option<String> {
    let password = normalised(password);
    let length = password.chars().count();
    if !(LENGTH_MIN_CHARS..=LENGTH_MAX_CHARS).contains(&length) {
        return Some(format!("must have from {LENGTH_MIN_CHARS} to {LENGTH_MAX_CHARS} characters"));
    }
    let plain = password.to_lowercase();
    if is_common(&plain) {
        return Some("is among the first that anybody would try: it is known from breaches".to_owned());
    }
    if is_monotonous(&plain) {
        return Some("is a repetition or a sequence, which are among the first to be tried".to_owned());
    }
    if is_about(&plain, about) {
        let reason = "is little more than your name, your e-mail address or the name of this product";
        return Some(reason.to_owned());
    }
    None
}

fn is_common(plain: &str) -> bool {
    let hash: [u8; 32] = Sha256::digest(plain.as_bytes()).into();
    let (known, _) = COMMON.as_chunks::<KEPT_BYTES>();
    known.binary_search_by(|entry| entry[..].cmp(&hash[..KEPT_BYTES])).is_ok()
}

fn is_monotonous(plain: &str) -> bool {
    let chars: Vec<char> = plain.chars().collect();
    let repeats = |unit: usize| chars.iter().zip(&chars[unit..]).all(|(one, next)| one == next);
    let climbs = |step: i64| {
        chars.windows(2).all(|pair| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])) == step)
    };
    (1..=UNIT_MAX_CHARS.min(chars.len() / 2)).any(repeats) || climbs(1) || climbs(-1)
}

/// Whether too little is left of it without the words that anybody who knows the person would try.
fn is_about(plain: &str, about: &[&str]) -> bool {
    let mut words: Vec<String> = about
        .iter()
        .flat_map(|text| {
            let text = normalised(text).to_lowercase();
            text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| word.chars().count() >= WORD_MIN_CHARS)
        .chain([PRODUCT.to_owned()])
        .collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let left = words.iter().fold(plain.to_owned(), |left, word| left.replace(word.as_str(), ""));
    left.len() < plain.len() && left.chars().count() < LENGTH_MIN_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> bool {
        refusal(password, &["anna.baumgartner@example.org", "Anna Baumgartner"]).is_some()
    }

    #[test]
    fn a02_a_password_is_refused_for_being_guessable_and_for_nothing_else() {
        let taken = [
            "correct horse battery staple",
            "aaaabbbb c",
            "uj7\u{e4}\u{f6}\u{fc}\u{df}q",
            "\u{79c1}\u{306e}\u{732b}\u{306f}\u{9b5a}\u{304c}\u{5927}\u{597d}\u{304d}",
            "vexed otter 9",
            "onlylowercaseletterswithoutanything",
            "anna and the seven lares of the house",
            &"x7".repeat(2).chars().chain("quite long ".repeat(11).chars()).take(128).collect::<String>(),
        ];
        for password in taken {
            assert_eq!(
                refusal(password, &["anna.baumgartner@example.org", "Anna Baumgartner"]),
                None,
                "{password}"
            );
        }
        let too_short_or_long = ["", "short 7", &"long enough".repeat(12)];
        let common = ["password", "PASSWORD1", "iloveyou", "Passw0rd", "qwertyuiop", "12345678", "baseball1"];
        let monotonous = ["aaaaaaaaaaaaaaa", "abcabcabcabc", "x7x7x7x7x7x7", "abcdefghijkl", "987654321098"];
        let about = ["baumgartner1", "Anna-Baumgartner-83", "lareslares!", "Lares2026", "example.org!"];
        for password in [&too_short_or_long[..], &common, &monotonous[..4], &about].concat() {
            assert!(refused(password), "{password}");
        }
    }

    #[test]
    fn a02_length_is_counted_in_characters_of_the_normalised_password() {
        let composed = "\u{e4}bcdefz1";
        let decomposed = "a\u{308}bcdefz1";
        assert_eq!((composed.chars().count(), decomposed.chars().count()), (8, 9));
        assert_eq!(normalised(decomposed), composed);
        assert!(!refused(composed) && !refused(decomposed));
        // Seven characters do not become eight by writing one of them in two parts.
        assert!(refused("a\u{308}bcdez1"));
        // And 128 do not become too many.
        let long = "a\u{308}1".repeat(63) + "xy";
        assert_eq!(long.chars().count(), 191);
        assert_eq!(refusal(&long, &[]), None);
        assert!(refused(&(long + "z")));
    }

    #[test]
    fn the_list_is_sorted_and_whole() {
        let (known, rest) = COMMON.as_chunks::<KEPT_BYTES>();
        assert!(known.len() > 10_000 && rest.is_empty());
        assert!(known.is_sorted());
    }
}
