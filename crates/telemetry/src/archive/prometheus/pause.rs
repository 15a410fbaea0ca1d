//! Leaves an engine alone that fails: after one failure the next attempt is made, then one, three, seven attempts are
//! left out and so on. Counted, not timed, since attempts come steadily.

use std::sync::{Mutex, PoisonError};

use crate::TelemetryError;

/// After so many failures in a row the pauses grow no more.
const DOUBLINGS_MAX: u32 = 4;

#[derive(Default)]
pub struct Pause(Mutex<State>);

#[derive(Default)]
struct State {
    failures: u32,
    left_out: u32,
    why: Option<TelemetryError>,
}

impl Pause {
    /// Makes the attempt, or answers as the last one did.
    pub fn attempt(&self, work: impl FnOnce() -> Result<(), TelemetryError>) -> Result<(), TelemetryError> {
        {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let (Some(left), Some(why)) = (state.left_out.checked_sub(1), &state.why) {
                let why = Err(why.clone());
                state.left_out = left;
                return why;
            }
        }
        let done = work();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &done {
            Ok(()) => *state = State::default(),
            Err(error) => {
                state.left_out = (1 << state.failures.min(DOUBLINGS_MAX)) - 1;
                state.failures += 1;
                state.why = Some(error.clone());
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_end_with_the_first_success() {
        let pause = Pause::default();
        let failing = TelemetryError::Unavailable("away".to_owned());
        let mut made = Vec::new();
        for attempt in 0..60 {
            let answer = pause.attempt(|| {
                made.push(attempt);
                Err(failing.clone())
            });
            assert_eq!(answer, Err(failing.clone()));
        }
        assert_eq!(made, [0, 1, 3, 7, 15, 31, 47]);
        let succeeded = (0..20).position(|_| pause.attempt(|| Ok(())).is_ok());
        assert_eq!(succeeded, Some(3));
        assert_eq!(pause.attempt(|| Ok(())), Ok(()));
    }
}
