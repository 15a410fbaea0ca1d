//! What is remembered is safe: a world that ends at any moment tells again what the server has not acknowledged.

use std::sync::Mutex;

use super::*;
use crate::bed::{DAY_MS, NOON, by_name, demo, envelope};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> UnixMillis {
        NOON
    }
}

#[derive(Default)]
struct Shelf {
    kept: Mutex<Option<Vec<u8>>>,
    aside: Mutex<Option<Vec<u8>>>,
}

impl Memory for Shelf {
    fn read(&self) -> Result<Option<Vec<u8>>, String> {
        Ok(self.kept.lock().unwrap().clone())
    }

    fn write(&self, bytes: &[u8]) -> Result<(), String> {
        *self.kept.lock().unwrap() = Some(bytes.to_vec());
        Ok(())
    }

    fn set_aside(&self) -> Result<String, String> {
        *self.aside.lock().unwrap() = self.kept.lock().unwrap().take();
        Ok("aside".to_owned())
    }
}

impl Shelf {
    fn reached(&self) -> UnixMillis {
        Kept::decode(self.kept.lock().unwrap().as_deref().unwrap()).unwrap().reached
    }
}

const DAYS: u32 = 3;

fn town(shelf: &Arc<Shelf>) -> Town {
    let of = |known: Registered| Identity {
        serial: known.serial,
        client_id: known.id.to_string(),
        username: known.id.to_string(),
        password: String::new(),
        encoding: known.encoding,
        known: None,
    };
    Town {
        scenario: demo(),
        mqtts: ([127, 0, 0, 1], 1).into(),
        server_name: "localhost".to_owned(),
        ca_pem: vec![],
        seed: 1,
        clock: Arc::new(Noon),
        speed: 1.0,
        devices: crate::bed::registered(&demo()).into_iter().map(of).collect(),
        memory: shelf.clone(),
        history_days: DAYS,
        telling: Box::new(|_| {}),
    }
}

/// The far end of a post.
struct End {
    given: mpsc::UnboundedReceiver<Message>,
    status: Arc<Status>,
}

impl End {
    fn connect(&self, is_connected: bool) {
        self.status.connected.store(is_connected, Ordering::Relaxed);
    }

    fn acknowledge(&mut self) -> usize {
        let messages: Vec<_> = std::iter::from_fn(|| self.given.try_recv().ok()).collect();
        messages.iter().for_each(|message| self.status.gone(message));
        messages.len()
    }
}

fn begun(shelf: &Arc<Shelf>) -> (Driver, BTreeMap<DeviceId, End>) {
    let (mut posts, mut ends) = (BTreeMap::new(), BTreeMap::new());
    for known in crate::bed::registered(&demo()) {
        let (give, given) = mpsc::unbounded_channel();
        let status = Arc::new(Status::default());
        posts.insert(known.id, Post { give, status: status.clone(), on_air: watch::channel(true).0 });
        let end = End { given, status };
        end.connect(true);
        ends.insert(known.id, end);
    }
    (Driver::awake(town(shelf), posts).unwrap(), ends)
}

/// Tells the past to its end; all that are connected acknowledge at once.
async fn tell_all(driver: &mut Driver, ends: &mut BTreeMap<DeviceId, End>) {
    while driver.past.is_some() {
        driver.tell_past().await;
        for end in ends.values_mut().filter(|end| end.status.connected.load(Ordering::Relaxed)) {
            end.acknowledge();
        }
    }
}

#[tokio::test]
async fn a_past_that_all_have_acknowledged_is_remembered_to_its_end() {
    let shelf = Arc::new(Shelf::default());
    let (mut driver, mut ends) = begun(&shelf);
    tell_all(&mut driver, &mut ends).await;
    assert_eq!(shelf.reached(), NOON);
}

#[tokio::test]
async fn hours_that_a_lost_device_still_holds_are_not_remembered_as_told() {
    let shelf = Arc::new(Shelf::default());
    let (mut driver, mut ends) = begun(&shelf);
    driver.write_kept().await;
    let (begins, meter) = (shelf.reached(), by_name("House meter"));
    assert_eq!(begins, NOON - i64::from(DAYS) * DAY_MS);
    // It was there, took its first hours, and went.
    driver.tell_past().await;
    ends[&meter].connect(false);
    driver.began -= CONNECTS_WITHIN;
    tell_all(&mut driver, &mut ends).await;
    driver.live().await;
    assert_eq!(shelf.reached(), begins, "what it holds would be lost with this process");
    assert!(!driver.all_is_safe());
    // It comes back, and nothing is in the way of remembering.
    ends[&meter].connect(true);
    assert!(ends.get_mut(&meter).unwrap().acknowledge() > 0);
    for end in ends.values_mut() {
        end.acknowledge();
    }
    driver.kept_at -= KEEP_EVERY;
    driver.live().await;
    assert_eq!(shelf.reached(), NOON);
}

#[tokio::test]
async fn a_command_meanwhile_is_answered_after_the_past_of_its_device() {
    let shelf = Arc::new(Shelf::default());
    let (mut driver, mut ends) = begun(&shelf);
    let door = by_name("Front door");
    let order = envelope(door, 1, "DoorLock.LockDoor").encode(Encoding::Json).unwrap();
    let encoding = crate::bed::registered(&demo()).iter().find(|known| known.id == door).unwrap().encoding;
    assert_eq!(encoding, Encoding::Json);
    driver.hear(&Notice { device: door, what: What::Command(order.into()) }).await;
    let given = &mut ends.get_mut(&door).unwrap().given;
    let given: Vec<_> = std::iter::from_fn(|| given.try_recv().ok()).collect();
    let answer = given.iter().position(|message| !message.stored).unwrap();
    assert!(answer > 0 && given[answer..].iter().all(|message| !message.stored));
}

#[tokio::test]
async fn what_cannot_be_read_is_set_aside_and_the_world_begins_anew() {
    let shelf = Arc::new(Shelf::default());
    shelf.write(b"damaged").unwrap();
    let (mut driver, mut ends) = begun(&shelf);
    assert_eq!(shelf.aside.lock().unwrap().as_deref(), Some(b"damaged".as_slice()));
    tell_all(&mut driver, &mut ends).await;
    assert_eq!(shelf.reached(), NOON);
}
