//! The points that every engine is given: pure, and the same bits for the same number of days.
//!
//! Two parts, as in a house that moves in with its past. The *history*: one device with five metrics, one report a
//! minute, a year long, in order of time. The *live* part: 1,000 devices with the same five metrics, one report each
//! every ten minutes for thirty days, interleaved as they would arrive. Every report is up to 99 ms late, since
//! devices are. The full workload has 24,228,000 points; fewer days scale both parts alike, so that the mix stays.
//!
//! Values are what such devices send: temperature in tenths and humidity in halves that walk slowly, power in tenths
//! that is either a stand-by or a load with noise, energy in thousandths that only grows, and a contact that seldom
//! changes. The seed is fixed; the generator is Marsaglia's xorshift64 (shifts 13, 7, 17).

pub const METRICS: usize = 5;
pub const POWER: u32 = 2;
pub const TEMPERATURE: u32 = 0;
pub const LIVE_DEVICES: u32 = 1_000;
/// The device of the history comes after the live ones.
pub const HISTORY_DEVICE: u32 = LIVE_DEVICES;
/// One commit: one report of each live device.
pub const POINTS_PER_COMMIT: usize = LIVE_DEVICES as usize * METRICS;
pub const DAY_MS: i64 = 86_400_000;
/// 2026-01-01T00:00:00Z, when both parts end.
pub const END_MS: i64 = 1_767_225_600_000;

const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const DAYS_MAX: u32 = 30;
const HISTORY_STEP_MS: i64 = 60_000;
/// A year of minutes belongs to thirty live days.
const HISTORY_REPORTS_PER_DAY: u32 = 365 * 24 * 60 / DAYS_MAX;
pub const LIVE_STEP_MS: i64 = 600_000;
const LIVE_REPORTS_PER_DAY: u32 = 144;
const DELAY_MAX_MS: u64 = 100;

/// What one device reports at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    pub device: u32,
    pub time_ms: i64,
    pub values: [f64; METRICS],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub series: u32,
    pub time_ms: i64,
    pub value: f64,
}

impl Row {
    pub fn points(&self) -> [Point; METRICS] {
        std::array::from_fn(|metric| Point {
            series: self.device * METRICS as u32 + metric as u32,
            time_ms: self.time_ms,
            value: self.values[metric],
        })
    }
}

/// How much of it: whole live days, with the share of the history that belongs to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    pub days: u32,
}

impl Workload {
    /// The one nearest to a number of points.
    pub fn nearest(points: u64) -> Workload {
        let per_day = Workload { days: 1 }.points();
        let days = (points + per_day / 2) / per_day;
        Workload { days: u32::try_from(days).unwrap_or(DAYS_MAX).clamp(1, DAYS_MAX) }
    }

    pub fn is_full(self) -> bool {
        self.days == DAYS_MAX
    }

    pub fn history_points(self) -> u64 {
        u64::from(self.history_reports()) * METRICS as u64
    }

    pub fn live_points(self) -> u64 {
        u64::from(self.live_rounds()) * POINTS_PER_COMMIT as u64
    }

    pub fn points(self) -> u64 {
        self.history_points() + self.live_points()
    }

    pub fn history_from_ms(self) -> i64 {
        END_MS - i64::from(self.history_reports()) * HISTORY_STEP_MS
    }

    pub fn live_from_ms(self) -> i64 {
        END_MS - i64::from(self.days) * DAY_MS
    }

    /// About when a point of the live part was reported.
    pub fn live_time_ms(self, point: u64) -> i64 {
        let round = point.saturating_sub(self.history_points()) / POINTS_PER_COMMIT as u64;
        self.live_from_ms() + round as i64 * LIVE_STEP_MS
    }

    /// Every row in the order of arrival: the history, then the live part.
    pub fn rows(self) -> impl Iterator<Item = Row> {
        let mut random = Random(SEED);
        let mut past = Device::new(&mut random);
        let mut history_nth = 0;
        let mut devices = Vec::new();
        let mut live_nth = 0_u32;
        std::iter::from_fn(move || {
            if history_nth < self.history_reports() {
                let due_ms = self.history_from_ms() + i64::from(history_nth) * HISTORY_STEP_MS;
                history_nth += 1;
                return Some(past.report(HISTORY_DEVICE, due_ms, HISTORY_STEP_MS, &mut random));
            }
            if devices.is_empty() {
                devices = (0..LIVE_DEVICES).map(|_| Device::new(&mut random)).collect();
            }
            let (round, device) = (live_nth / LIVE_DEVICES, live_nth % LIVE_DEVICES);
            live_nth += 1;
            (round < self.live_rounds()).then(|| {
                let due_ms = self.live_from_ms() + i64::from(round) * LIVE_STEP_MS;
                devices[device as usize].report(device, due_ms, LIVE_STEP_MS, &mut random)
            })
        })
    }

    fn history_reports(self) -> u32 {
        self.days * HISTORY_REPORTS_PER_DAY
    }

    fn live_rounds(self) -> u32 {
        self.days * LIVE_REPORTS_PER_DAY
    }
}

/// Devices that report in turns, without an end: for what is measured of our own engine alone.
pub struct Fleet {
    random: Random,
    devices: Vec<Device>,
    from_ms: i64,
    step_ms: i64,
    nth: usize,
}

impl Fleet {
    pub fn new(devices: u32, from_ms: i64, step_ms: i64) -> Fleet {
        let mut random = Random(SEED);
        let devices = (0..devices).map(|_| Device::new(&mut random)).collect();
        Fleet { random, devices, from_ms, step_ms, nth: 0 }
    }
}

impl Iterator for Fleet {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let (round, device) = (self.nth / self.devices.len(), self.nth % self.devices.len());
        self.nth += 1;
        let due_ms = self.from_ms + round as i64 * self.step_ms;
        Some(self.devices[device].report(device as u32, due_ms, self.step_ms, &mut self.random))
    }
}

pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// At least 0, below 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    fn one_up_or_down(&mut self) -> i64 {
        if self.next() & 1 == 0 { 1 } else { -1 }
    }
}

struct Device {
    temperature_tenths: i64,
    humidity_halves: i64,
    loaded: bool,
    load_w: f64,
    energy_kwh: f64,
    contact: bool,
}

impl Device {
    fn new(random: &mut Random) -> Device {
        Device {
            temperature_tenths: 180 + random.below(80) as i64,
            humidity_halves: 60 + random.below(60) as i64,
            loaded: false,
            load_w: 40.0 + random.below(1_500) as f64,
            energy_kwh: random.below(9_000) as f64,
            contact: false,
        }
    }

    fn report(&mut self, device: u32, due_ms: i64, step_ms: i64, random: &mut Random) -> Row {
        let time_ms = due_ms + random.below(DELAY_MAX_MS) as i64;
        if random.happens(0.3) {
            self.temperature_tenths += random.one_up_or_down();
        }
        if random.happens(0.3) {
            self.humidity_halves += random.one_up_or_down();
        }
        self.loaded ^= random.happens(0.05);
        self.contact ^= random.happens(0.02);
        let power_w = match self.loaded {
            true => self.load_w + (random.share() - 0.5) * 10.0,
            false => 1.5 + (random.share() - 0.5) * 0.4,
        };
        let power_w = (power_w * 10.0).round() / 10.0;
        self.energy_kwh += power_w * (step_ms as f64 / 3_600_000.0) / 1_000.0;
        let values = [
            self.temperature_tenths as f64 / 10.0,
            self.humidity_halves as f64 / 2.0,
            power_w,
            (self.energy_kwh * 1_000.0).round() / 1_000.0,
            f64::from(u8::from(self.contact)),
        ];
        Row { device, time_ms, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_workload_is_the_documented_one() {
        let full = Workload::nearest(u64::MAX / 2);
        assert!(full.is_full());
        assert_eq!((full.points(), full.history_points()), (24_228_000, 2_628_000));
        assert_eq!(END_MS - full.history_from_ms(), 365 * DAY_MS);
        assert_eq!(Workload::nearest(0).points(), 807_600);
        assert_eq!(Workload::nearest(2_000_000).days, 2);
    }

    #[test]
    fn the_same_days_give_the_same_rows_and_as_many_as_announced() {
        let workload = Workload { days: 1 };
        let rows: Vec<Row> = workload.rows().collect();
        assert_eq!(rows.len() as u64 * METRICS as u64, workload.points());
        assert!(workload.rows().eq(rows.iter().copied()));
        let live = &rows[workload.history_points() as usize / METRICS..];
        assert!(live.iter().enumerate().all(|(nth, row)| row.device == nth as u32 % LIVE_DEVICES));
        assert!(live.iter().all(|row| (workload.live_from_ms()..END_MS).contains(&row.time_ms)));
        assert!(rows.iter().flat_map(Row::points).all(|point| point.value.is_finite()));
    }

    #[test]
    fn a_fleet_goes_round() {
        let rows: Vec<Row> = Fleet::new(3, END_MS, 60_000).take(7).collect();
        let devices: Vec<u32> = rows.iter().map(|row| row.device).collect();
        assert_eq!(devices, [0, 1, 2, 0, 1, 2, 0]);
        assert!((60_000..60_100).contains(&(rows[3].time_ms - END_MS)));
    }

    #[test]
    fn each_series_is_in_order_of_time() {
        let mut newest = [0; LIVE_DEVICES as usize + 1];
        for row in (Workload { days: 1 }).rows() {
            assert!(row.time_ms > std::mem::replace(&mut newest[row.device as usize], row.time_ms));
        }
    }
}
