//! The last messages of a device, by which a repetition is known.

/// A repeated message of a device is known by its identity among so many last ones.
pub const IDENTITIES_REMEMBERED: usize = 128;

/// The last identities of a device's messages.
#[derive(Default)]
pub struct Identities {
    ring: Vec<u64>,
    /// A part of each, by which most of what is new is told at a quarter of the memory.
    parts: Vec<u16>,
    next: usize,
}

fn part(identity: u64) -> u16 {
    identity as u16
}

impl Identities {
    pub fn from_oldest(list: Vec<u64>) -> Identities {
        let next = if list.len() == IDENTITIES_REMEMBERED { 0 } else { list.len() };
        let parts = list.iter().map(|identity| part(*identity)).collect();
        Identities { ring: list, parts, next }
    }

    pub fn contains(&self, identity: u64) -> bool {
        // All of it, without a branch per element: a few cache lines, and no index to keep.
        let wanted = part(identity);
        self.parts.iter().fold(false, |found, known| found | (*known == wanted))
            && self.ring.contains(&identity)
    }

    pub fn push(&mut self, identity: u64) {
        if self.ring.len() < IDENTITIES_REMEMBERED {
            self.ring.push(identity);
            self.parts.push(part(identity));
        } else {
            self.ring[self.next] = identity;
            self.parts[self.next] = part(identity);
            self.next = (self.next + 1) % IDENTITIES_REMEMBERED;
        }
    }

    pub fn oldest_first(&self) -> Vec<u64> {
        if self.ring.len() < IDENTITIES_REMEMBERED {
            return self.ring.clone();
        }
        let (newer, older) = self.ring.split_at(self.next);
        [older, newer].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_identity_goes_first() {
        let mut identities = Identities::default();
        (0..IDENTITIES_REMEMBERED as u64 + 3).for_each(|identity| identities.push(identity));
        assert!(!identities.contains(2) && identities.contains(3));
        let list = identities.oldest_first();
        assert_eq!((list[0], list.len()), (3, IDENTITIES_REMEMBERED));
        assert!(!identities.contains(3 + (1 << 16)), "only a part of it is known");
        let mut again = Identities::from_oldest(list);
        again.push(1_000);
        assert!(!again.contains(3) && again.contains(4) && again.contains(1_000));
    }
}
