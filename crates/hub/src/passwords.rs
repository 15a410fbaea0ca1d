//! Passwords: Argon2id (RFC 9106) with the server's pepper, on a few threads of its own and with bounded places to
//! wait: each hash takes memory, and an unbounded number of them is a way to exhaust it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use tokio::sync::oneshot;

use crate::error::HubError;
use crate::password_policy::normalised;

/// OWASP's first recommendation: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// However many cores there are, some are left for everybody else.
const AT_ONCE_MAX: usize = 4;
/// Who comes when so many wait is told at once to come again.
const WAITING_MAX: usize = 64;
const COME_AGAIN_AFTER_S: u64 = 2;

type Job = Box<dyn FnOnce(&[u8]) + Send>;

pub struct Passwords {
    pepper: Arc<Vec<u8>>,
    at_once: usize,
    waiting: usize,
    /// To the threads, which begin with the first password and end with this.
    jobs: OnceLock<SyncSender<Job>>,
}

/// What came of comparing a password with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// And the hash was made with less work than is done today.
    RightAndOutdated,
}

fn internal(error: impl ToString) -> HubError {
    HubError::Internal(error.to_string())
}

fn params_of_today() -> Result<Params, HubError> {
    Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(internal)
}

fn hasher(pepper: &[u8]) -> Result<Argon2<'_>, HubError> {
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params_of_today()?).map_err(internal)
}

/// So that whoever watches a server sees that each attempt costs the same.
fn count(params: &Params) {
    let parameters = format!("m={},t={},p={}", params.m_cost(), params.t_cost(), params.p_cost());
    metrics::counter!("lares_password_hashes_total", "parameters" => parameters).increment(1);
}

fn hash_now(pepper: &[u8], password: &str, salt: &[u8]) -> Result<String, HubError> {
    let argon = hasher(pepper)?;
    count(argon.params());
    let hash = argon.hash_password_with_salt(normalised(password).as_bytes(), salt);
    hash.map(|hash| hash.to_string()).map_err(internal)
}

fn verify_now(pepper: &[u8], password: &str, known: Option<String>) -> Result<Verdict, HubError> {
    let Some(known) = known else {
        let _same_work = hash_now(pepper, password, &[0; 16])?;
        return Ok(Verdict::Wrong);
    };
    let parsed = PasswordHash::new(&known).map_err(internal)?;
    let params = Params::try_from(&parsed).map_err(internal)?;
    count(&params);
    // It is compared with the parameters that it was made with.
    if hasher(pepper)?.verify_password(normalised(password).as_bytes(), &parsed).is_err() {
        return Ok(Verdict::Wrong);
    }
    let less = params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES || params.p_cost() < LANES;
    Ok(if less { Verdict::RightAndOutdated } else { Verdict::Right })
}

/// The same few threads for all hashes: with threads that come and go, the allocator would keep the memory of a hash
/// for each of them.
fn start_threads(pepper: &Arc<Vec<u8>>, at_once: usize, waiting: usize) -> SyncSender<Job> {
    let (sender, receiver) = sync_channel(waiting);
    let receiver = Arc::new(Mutex::new(receiver));
    for nth in 0..at_once {
        let (pepper, receiver) = (pepper.clone(), receiver.clone());
        let thread = std::thread::Builder::new().name(format!("password-{nth}"));
        if let Err(error) = thread.spawn(move || work_off(&pepper, &receiver)) {
            tracing::error!(%error, "a thread for passwords did not start");
        }
    }
    sender
}

fn work_off(pepper: &[u8], jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // Whoever waits for it is told by the answer that does not come; the thread goes on.
        if catch_unwind(AssertUnwindSafe(|| job(pepper))).is_err() {
            tracing::error!("hashing a password panicked");
        }
    }
}

impl Passwords {
    pub fn new(pepper: Vec<u8>) -> Passwords {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Passwords::with_places(pepper, (cores / 2).clamp(1, AT_ONCE_MAX), WAITING_MAX)
    }

    fn with_places(pepper: Vec<u8>, at_once: usize, waiting: usize) -> Passwords {
        Passwords { pepper: Arc::new(pepper), at_once, waiting, jobs: OnceLock::new() }
    }

    pub async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, HubError> {
        let password = password.to_owned();
        self.run(move |pepper| hash_now(pepper, &password, &salt)).await
    }

    /// With no known hash the same work is done, so that an unknown name cannot be told from a wrong password.
    pub async fn verify(&self, password: &str, known: Option<String>) -> Result<Verdict, HubError> {
        let password = password.to_owned();
        self.run(move |pepper| verify_now(pepper, &password, known)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&[u8]) -> Result<T, HubError> + Send + 'static,
    ) -> Result<T, HubError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |pepper| {
            // Nobody may be waiting any more.
            let _ = answer.send(work(pepper));
        });
        let jobs = self.jobs.get_or_init(|| start_threads(&self.pepper, self.at_once, self.waiting));
        match jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                metrics::counter!("lares_password_hashes_refused_total").increment(1);
                return Err(HubError::Busy { retry_after_s: COME_AGAIN_AFTER_S });
            }
            Err(TrySendError::Disconnected(_)) => {
                return Err(HubError::Internal("no thread for passwords".to_owned()));
            }
        }
        answered.await.map_err(internal)?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use futures_util::FutureExt as _;

    use super::*;

    const PEPPER: &[u8] = b"pepper";

    fn with_less_work(password: &str) -> String {
        let params = Params::new(8 * 1_024, 1, 1, None).unwrap();
        let argon = Argon2::new_with_secret(PEPPER, Algorithm::Argon2id, Version::V0x13, params).unwrap();
        argon.hash_password_with_salt(password.as_bytes(), &[1; 16]).unwrap().to_string()
    }

    #[tokio::test]
    async fn a01_hashes_are_argon2id_with_todays_parameters_salt_and_pepper() {
        let passwords = Passwords::new(PEPPER.to_vec());
        let phc = passwords.hash("correct horse", [1; 16]).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_ne!(phc, passwords.hash("correct horse", [2; 16]).await.unwrap(), "the salt");
        assert_eq!(passwords.verify("correct horse", Some(phc.clone())).await.unwrap(), Verdict::Right);
        assert_eq!(passwords.verify("wrong horse", Some(phc.clone())).await.unwrap(), Verdict::Wrong);
        let unpeppered = Passwords::new(b"salt".to_vec());
        assert_eq!(unpeppered.verify("correct horse", Some(phc)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a01_a_hash_that_cost_less_than_today_is_told_apart() {
        let passwords = Passwords::new(PEPPER.to_vec());
        let old = with_less_work("correct horse");
        let right = passwords.verify("correct horse", Some(old.clone())).await.unwrap();
        assert_eq!(right, Verdict::RightAndOutdated);
        assert_eq!(passwords.verify("wrong horse", Some(old)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a02_the_same_password_in_another_spelling_is_the_same() {
        let passwords = Passwords::new(PEPPER.to_vec());
        let phc = passwords.hash("a\u{308}pfel und birnen", [1; 16]).await.unwrap();
        assert_eq!(passwords.verify("\u{e4}pfel und birnen", Some(phc)).await.unwrap(), Verdict::Right);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn beyond_its_places_the_pool_refuses_at_once() {
        let passwords = Arc::new(Passwords::with_places(PEPPER.to_vec(), 1, 2));
        let (begun, gate) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let first = tokio::spawn({
            let (passwords, begun, gate) = (passwords.clone(), begun.clone(), gate.clone());
            async move {
                let hold = move |_: &[u8]| {
                    begun.wait();
                    gate.wait();
                    Ok(())
                };
                passwords.run(hold).await.is_ok()
            }
        });
        begun.wait();
        // The one thread is taken, and so are, from here on, the two places to wait.
        let mut waiting = [Box::pin(passwords.verify("any", None)), Box::pin(passwords.verify("any", None))];
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        let refused = passwords.verify("any", None).await;
        assert!(matches!(refused, Err(HubError::Busy { retry_after_s: 1.. })), "{refused:?}");
        gate.wait();
        assert!(first.await.unwrap());
        for one in waiting {
            assert_eq!(one.await.unwrap(), Verdict::Wrong);
        }
        assert_eq!(passwords.verify("any", None).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_panic_ends_no_thread() {
        let passwords = Passwords::with_places(PEPPER.to_vec(), 1, 2);
        let panicked = passwords.run::<()>(|_| panic!("as a test")).await;
        assert!(matches!(panicked, Err(HubError::Internal(_))), "{panicked:?}");
        assert_eq!(passwords.verify("any", None).await.unwrap(), Verdict::Wrong);
    }
}
