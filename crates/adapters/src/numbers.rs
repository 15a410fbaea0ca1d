//! Which endpoint a part of a device is. The number comes from the part's own key, so that it is the same after a
//! restart and in whatever order parts are heard of; of two that would have the same, the later takes the next.

use std::collections::BTreeMap;

const FIRST: u16 = 1;
const LAST: u16 = 254;

#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    taken: BTreeMap<String, u16>,
}

impl Numbers {
    /// `preferred` is the number it is known to have had.
    pub fn of(&mut self, key: &str, preferred: Option<u16>) -> Option<u16> {
        if let Some(number) = self.taken.get(key) {
            return Some(*number);
        }
        let span = LAST - FIRST + 1;
        let start = preferred.filter(|number| (FIRST..=LAST).contains(number)).unwrap_or_else(|| {
            // FNV-1a: short, and the same everywhere and for ever.
            let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            FIRST + (hash % u64::from(span)) as u16
        });
        let mut free = [true; LAST as usize + 1];
        for taken in self.taken.values() {
            free[usize::from(*taken).min(LAST as usize)] = false;
        }
        let number = (0..span)
            .map(|step| FIRST + (start - FIRST + step) % span)
            .find(|number| free[usize::from(*number)])?;
        self.taken.insert(key.to_owned(), number);
        Some(number)
    }

    /// The part has this number and no other.
    pub fn set(&mut self, key: &str, number: u16) {
        self.taken.insert(key.to_owned(), number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_number_and_no_two_share_one() {
        let mut numbers = Numbers::default();
        let first = numbers.of("power", None).unwrap();
        assert_eq!(numbers.of("power", Some(9)), Some(first));
        assert_eq!(Numbers::default().of("power", None), Some(first));
        assert_ne!(numbers.of("other", Some(first)), Some(first));
        for part in 0..252 {
            assert!(numbers.of(&format!("part {part}"), None).is_some());
        }
        assert_eq!(numbers.of("one too many", None), None);
    }
}
