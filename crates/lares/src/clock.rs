//! The clock of a demo: the system's, a number of times faster where that is asked for, and never behind what the
//! data of an earlier run says.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use lares_model::UnixMillis;
use lares_model::ports::Clock;

use crate::entropy::SystemClock;

pub const SPEED_MAX: f64 = 3_600.0;

/// Reads the system's time once and goes on by itself, so that setting the system's clock neither turns it back nor
/// is magnified.
pub struct ScaledClock {
    /// Real time since it was started; never less than before.
    since_start: Box<dyn Fn() -> Duration + Send + Sync>,
    speed: f64,
    /// What it showed then.
    start_ms: AtomicI64,
}

impl ScaledClock {
    pub fn new(speed: f64) -> Result<ScaledClock, String> {
        let started = Instant::now();
        ScaledClock::over(SystemClock.now(), Box::new(move || started.elapsed()), speed)
    }

    fn over(
        start: UnixMillis,
        since_start: Box<dyn Fn() -> Duration + Send + Sync>,
        speed: f64,
    ) -> Result<ScaledClock, String> {
        if !(speed > 0.0 && speed <= SPEED_MAX) {
            return Err(format!("--speed {speed}: must be above 0 and at most {SPEED_MAX}"));
        }
        Ok(ScaledClock { since_start, speed, start_ms: AtomicI64::new(start.0) })
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
        let real_s = (self.since_start)().as_secs_f64();
        UnixMillis(self.start_ms.load(Ordering::Relaxed)) + (real_s * 1_000.0 * self.speed) as i64
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;

    use super::*;

    fn clock(speed: f64) -> (ScaledClock, Arc<AtomicU64>) {
        let real_ms = Arc::new(AtomicU64::new(0));
        let since_start = {
            let real_ms = real_ms.clone();
            move || Duration::from_millis(real_ms.load(Ordering::Relaxed))
        };
        (ScaledClock::over(UnixMillis(1_000_000), Box::new(since_start), speed).unwrap(), real_ms)
    }

    #[test]
    fn it_runs_as_many_times_faster_as_asked() {
        for (speed, shown) in [(1.0, 1_010_000), (60.0, 1_600_000), (0.5, 1_005_000)] {
            let (clock, real) = clock(speed);
            assert_eq!(clock.now(), UnixMillis(1_000_000));
            real.store(10_000, Ordering::Relaxed);
            assert_eq!(clock.now(), UnixMillis(shown), "{speed}");
        }
    }

    #[test]
    fn it_is_never_behind_the_data_and_not_moved_by_older_data() {
        let (clock, real) = clock(10.0);
        real.store(100, Ordering::Relaxed);
        clock.not_before(UnixMillis(900_000));
        assert_eq!(clock.now(), UnixMillis(1_001_000));
        clock.not_before(UnixMillis(5_000_000));
        assert_eq!(clock.now(), UnixMillis(5_000_000));
        real.store(200, Ordering::Relaxed);
        assert_eq!(clock.now(), UnixMillis(5_001_000));
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [0.0, -1.0, 3_600.5, f64::NAN, f64::INFINITY] {
            assert!(ScaledClock::new(wrong).is_err(), "{wrong}");
        }
    }
}
