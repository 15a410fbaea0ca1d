//! What is asked of every engine, and the check value by which its answers are compared with the truth.

use serde::{Deserialize, Serialize};

use super::workload::{
    DAY_MS, END_MS, HISTORY_DEVICE, LIVE_DEVICES, METRICS, POWER, Random, TEMPERATURE, Workload,
};

pub const NAMES: [&str; 5] = ["Q1", "Q2", "Q3", "Q4", "Q4 shifted"];
/// Days of people seldom begin with those of UTC, at which rollups are cut.
const SHIFT_MS: i64 = 3_600_000;
/// Different days and series that Q1 goes through; the others have one form each.
const DAYS_ASKED: usize = 100;
const BUCKETS: u32 = 300;
const SEED: u64 = 42;

/// Times are milliseconds, from inclusive and until exclusive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name")]
pub enum Query {
    /// One series over one day, every point: rows of (time, value).
    #[serde(rename = "Q1")]
    OneDay { series: u32, from_ms: i64, until_ms: i64 },
    /// One series over the whole history: rows of (bucket, minimum, maximum, mean); empty buckets may be missing.
    #[serde(rename = "Q2")]
    Buckets { series: u32, from_ms: i64, width_ms: i64, buckets: u32 },
    /// The last value of one metric of the live devices, if not too old: rows of (device, value).
    #[serde(rename = "Q3")]
    Last { metric: u32, devices: u32, from_ms: i64, until_ms: i64 },
    /// Sums by day of one metric of the live devices: rows of (device, day, sum).
    #[serde(rename = "Q4")]
    DailySums { metric: u32, devices: u32, from_ms: i64, until_ms: i64 },
}

/// Rows of an answer; what a query does not use is 0. Milliseconds of this century are exact in an f64.
pub type Rows = Vec<[f64; 4]>;

/// Enough of an answer to tell a wrong one: how many rows, and a sum in which every column counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub rows: u64,
    pub check: f64,
}

impl Answer {
    pub fn agrees(&self, other: &Answer) -> bool {
        let larger = self.check.abs().max(other.check.abs()).max(1.0);
        self.rows == other.rows && (self.check - other.check).abs() <= 1e-6 * larger
    }
}

impl Query {
    /// The forms in which a query is asked, the same ones in the same order of every engine.
    pub fn forms(name: &str, workload: Workload) -> Vec<Query> {
        let history = HISTORY_DEVICE * METRICS as u32;
        let from_ms = workload.history_from_ms();
        let days = (END_MS - from_ms) / DAY_MS;
        let mut random = Random(SEED);
        match name {
            "Q1" => (0..DAYS_ASKED)
                .map(|_| {
                    let from_ms = from_ms + random.below(days as u64) as i64 * DAY_MS;
                    let series = history + random.below(METRICS as u64) as u32;
                    Query::OneDay { series, from_ms, until_ms: from_ms + DAY_MS }
                })
                .collect(),
            "Q2" => {
                let width_ms = (END_MS - from_ms) / i64::from(BUCKETS);
                vec![Query::Buckets { series: history + POWER, from_ms, width_ms, buckets: BUCKETS }]
            }
            "Q3" => vec![Query::last_values(END_MS - DAY_MS)],
            _ => {
                let shift_ms = if name == NAMES[4] { SHIFT_MS } else { 0 };
                let (from_ms, until_ms) = (workload.live_from_ms() + shift_ms, END_MS + shift_ms);
                vec![Query::DailySums { metric: POWER, devices: LIVE_DEVICES, from_ms, until_ms }]
            }
        }
    }

    pub fn last_values(from_ms: i64) -> Query {
        Query::Last { metric: TEMPERATURE, devices: LIVE_DEVICES, from_ms, until_ms: END_MS }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Query::OneDay { .. } => NAMES[0],
            Query::Buckets { .. } => NAMES[1],
            Query::Last { .. } => NAMES[2],
            Query::DailySums { from_ms, .. } if from_ms % DAY_MS == 0 => NAMES[3],
            Query::DailySums { .. } => NAMES[4],
        }
    }

    pub fn answer(&self, rows: &Rows) -> Answer {
        let device_weight = |device: f64| 1.0 + device / f64::from(LIVE_DEVICES);
        let weigh = |[a, b, c, d]: &[f64; 4]| match self {
            Query::OneDay { from_ms, .. } => b * (1.0 + (a - *from_ms as f64) / DAY_MS as f64),
            Query::Buckets { buckets, .. } => (b + c + d) * (1.0 + a / f64::from(*buckets)),
            Query::Last { .. } => b * device_weight(*a),
            Query::DailySums { .. } => c * device_weight(*a) * (1.0 + b / 30.0),
        };
        Answer { rows: rows.len() as u64, check: rows.iter().map(weigh).sum() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_cover_the_history_exactly() {
        for days in [1, 7, 30] {
            let workload = Workload { days };
            let Query::Buckets { from_ms, width_ms, buckets, .. } = &Query::forms("Q2", workload)[0] else {
                panic!("Q2 is about buckets");
            };
            assert_eq!(from_ms + width_ms * i64::from(*buckets), END_MS);
        }
    }

    #[test]
    fn a_wrong_time_device_or_value_is_told() {
        let query = Query::forms("Q1", Workload { days: 1 }).remove(0);
        let Query::OneDay { from_ms, .. } = query else { panic!("Q1 is about one day") };
        let right = query.answer(&vec![[from_ms as f64, 20.5, 0.0, 0.0]]);
        assert!(right.agrees(&Answer { rows: 1, check: 20.5 }));
        assert!(!right.agrees(&query.answer(&vec![[from_ms as f64 + 60_000.0, 20.5, 0.0, 0.0]])));
        assert!(!right.agrees(&query.answer(&vec![[from_ms as f64, 20.6, 0.0, 0.0]])));
        assert!(!right.agrees(&query.answer(&vec![])));
    }
}
