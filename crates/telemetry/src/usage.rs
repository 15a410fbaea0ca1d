//! How many series and values each organisation has, hot and sealed: counted as they come and go, so that a limit
//! costs an append no search.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lares_model::OrganisationId;

use crate::hot::{Hot, HotDevice, lock};
use crate::random_bits::RandomBits;

/// What an organisation has, or what comes to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub series: i64,
    pub points: i64,
}

/// What is counted of a device, and whose it is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub organisation: OrganisationId,
    pub used: Used,
}

pub type ByOrganisation<T> = HashMap<OrganisationId, T, BuildHasherDefault<RandomBits>>;

/// Whoever holds a device may ask for this, and not the other way round.
#[derive(Default)]
pub struct Usage(Mutex<ByOrganisation<Used>>);

impl Usage {
    fn all(&self) -> MutexGuard<'_, ByOrganisation<Used>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn of(&self, organisation: OrganisationId) -> Used {
        self.all().get(&organisation).copied().unwrap_or_default()
    }

    pub fn add(&self, organisation: OrganisationId, more: Used) {
        let mut all = self.all();
        let used = all.entry(organisation).or_default();
        used.series += more.series;
        used.points += more.points;
        if *used == Used::default() {
            all.remove(&organisation);
        }
    }

    /// Makes right what is counted of a device, after it was sealed or something of it was removed.
    pub fn settle(&self, device: &mut HotDevice) {
        let series = device.counted.used.series;
        self.count_as(device, series);
    }

    /// Every device anew, its series too: at the start, and when it is not known what a commit left.
    pub fn settle_all(&self, hot: &Hot) {
        for (_, device) in hot.all() {
            let mut device = lock(&device);
            let series = device.series().len() as i64;
            self.count_as(&mut device, series);
        }
    }

    fn count_as(&self, device: &mut HotDevice, series: i64) {
        if device.gone {
            return;
        }
        let used = Used { series, points: device.sealed_points + device.points() as i64 };
        let now = Counted { organisation: device.organisation, used };
        let before = std::mem::replace(&mut device.counted, now);
        if now != before {
            self.add(before.organisation, Used { series: -before.used.series, points: -before.used.points });
            self.add(now.organisation, now.used);
        }
    }

    /// A device is gone with all it had.
    pub fn forget(&self, device: &mut HotDevice) {
        let Counted { organisation, used } = device.counted;
        device.counted.used = Used::default();
        self.add(organisation, Used { series: -used.series, points: -used.points });
        device.gone = true;
    }
}
