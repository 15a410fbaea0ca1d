//! The clock of a demo: the system's, a number of times faster where that is asked for, and never behind what the
//! data of an earlier run says.

use std::sync::atomic::{AtomicI64, Ordering};

use lares_model::UnixMillis;
use lares_model::ports::Clock;

use crate::entropy::SystemClock;

pub const SPEED_MAX: f64 = 3_600.0;

pub struct ScaledClock {
    real: Box<dyn Clock>,
    speed: f64,
    /// The real instant at which it was started.
    origin: UnixMillis,
    /// What it showed then.
    start_ms: AtomicI64,
}

impl ScaledClock {
    pub fn new(speed: f64) -> Result<ScaledClock, String> {
        ScaledClock::over(Box::new(SystemClock), speed)
    }

    fn over(real: Box<dyn Clock>, speed: f64) -> Result<ScaledClock, String> {
        if !(speed > 0.0 && speed <= SPEED_MAX) {
            return Err(format!("--speed {speed}: must be above 0 and at most {SPEED_MAX}"));
        }
        let origin = real.now();
        Ok(ScaledClock { real, speed, origin, start_ms: AtomicI64::new(origin.0) })
    }

    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Data from `newest` exists, so it is not earlier than that.
    pub fn not_before(&self, newest: UnixMillis) {
        let behind_ms = newest.since_ms(self.now());
        if behind_ms > 0 {
            self.start_ms.fetch_add(behind_ms, Ordering::Relaxed);
        }
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> UnixMillis {
        let real_ms = self.real.now().since_ms(self.origin);
        UnixMillis(self.start_ms.load(Ordering::Relaxed)) + (real_ms as f64 * self.speed) as i64
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    struct Set(Arc<AtomicI64>);

    impl Clock for Set {
        fn now(&self) -> UnixMillis {
            UnixMillis(self.0.load(Ordering::Relaxed))
        }
    }

    fn clock(speed: f64) -> (ScaledClock, Arc<AtomicI64>) {
        let real = Arc::new(AtomicI64::new(1_000_000));
        (ScaledClock::over(Box::new(Set(real.clone())), speed).unwrap(), real)
    }

    #[test]
    fn it_runs_as_many_times_faster_as_asked() {
        for (speed, shown) in [(1.0, 1_010_000), (60.0, 1_600_000), (0.5, 1_005_000)] {
            let (clock, real) = clock(speed);
            assert_eq!(clock.now(), UnixMillis(1_000_000));
            real.store(1_010_000, Ordering::Relaxed);
            assert_eq!(clock.now(), UnixMillis(shown), "{speed}");
        }
    }

    #[test]
    fn it_is_never_behind_the_data_and_not_moved_by_older_data() {
        let (clock, real) = clock(10.0);
        real.store(1_000_100, Ordering::Relaxed);
        clock.not_before(UnixMillis(900_000));
        assert_eq!(clock.now(), UnixMillis(1_001_000));
        clock.not_before(UnixMillis(5_000_000));
        assert_eq!(clock.now(), UnixMillis(5_000_000));
        real.store(1_000_200, Ordering::Relaxed);
        assert_eq!(clock.now(), UnixMillis(5_001_000));
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [0.0, -1.0, 3_600.5, f64::NAN, f64::INFINITY] {
            assert!(ScaledClock::new(wrong).is_err(), "{wrong}");
        }
    }
}
