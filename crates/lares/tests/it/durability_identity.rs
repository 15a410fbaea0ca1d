//! What people were told happened to their accounts, through kills and a full disk: what was acknowledged is there,
//! what was refused is not there by half, and what nobody was told of happened whole or not at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::durability_clients::NOBODY_WAITS_LONGER;
use crate::durability_full_disk::SmallDisk;
use crate::process::{Api, Engine, Lares, Moments, soak_factor, wait_until};
use crate::secrets;

const OLD: &str = "a very long winter night";
const NEW: &str = "an even longer summer day";
const KILLS: u64 = 6;
const AT_ONCE: usize = 3;
const LONGEST_LOAD_MS: u64 = 2_000;

/// What somebody was told of something they asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Told {
    #[default]
    NotAsked,
    Done,
    Refused,
    /// No answer came.
    Nothing,
}

impl Told {
    /// Whether what is there agrees with it.
    fn agrees(self, is_there: bool) -> bool {
        match self {
            Told::Done => is_there,
            Told::NotAsked | Told::Refused => !is_there,
            Told::Nothing => true,
        }
    }
}

/// A person, and what they were told. Their first session does everything; their second is ended by it.
#[derive(Clone, Debug, Default)]
struct Person {
    email: String,
    registered: Told,
    ended: Told,
    changed: Told,
    joined: Told,
    first: Option<String>,
    second: Option<String>,
    invitation: String,
}

#[derive(Clone)]
struct Door {
    http: reqwest::Client,
    base: String,
}

impl Door {
    fn of(lares: &Lares) -> Door {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Door { http, base: lares.http() }
    }

    /// `None` where no answer came.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<Json>,
    ) -> Option<(u16, Json)> {
        let mut call = self.http.request(method.parse().unwrap(), format!("{}{path}", self.base));
        if let Some(token) = token {
            call = call.bearer_auth(token);
        }
        if let Some(body) = &body {
            secrets::seen_in(body);
            call = call.json(body);
        }
        let answer = call.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = serde_json::from_str(&answer.text().await.ok()?).unwrap_or(Json::Null);
        secrets::seen_in(&body);
        Some((status, body))
    }

    async fn told(&self, method: &str, path: &str, token: Option<&str>, body: Option<Json>) -> Told {
        match self.ask(method, path, token, body).await {
            Some((200..300, _)) => Told::Done,
            Some((status, body)) => {
                assert!([401, 404, 429, 503, 507].contains(&status), "{method} {path}: {status} {body}");
                Told::Refused
            }
            None => Told::Nothing,
        }
    }

    async fn sign_in(&self, email: &str, password: &str) -> Option<String> {
        let body = json!({ "email": email, "password": password });
        loop {
            let (status, answer) = self.ask("POST", "/api/auth/login", None, Some(body.clone())).await?;
            if status != 429 {
                return Some(answer["access_token"].as_str()?.to_owned());
            }
            // Many wrong passwords come from here.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn is_signed_in(&self, token: &str) -> bool {
        matches!(self.ask("GET", "/api/auth/profile", Some(token), None).await, Some((200, _)))
    }
}

async fn invitation(owner: &Api, organisation: &str) -> Option<String> {
    let path = format!("/api/organisations/{organisation}/invitations");
    let offered = owner.try_post(&path, None, &json!({ "role": "viewer" })).await.ok()?;
    Some(offered.body["link"].as_str()?.rsplit_once("#token=")?.1.to_owned())
}

impl Person {
    async fn register(&mut self, door: &Door) {
        let body = json!({ "email": self.email, "password": OLD, "name": "Somebody" });
        self.registered = door.told("POST", "/api/auth/register", None, Some(body)).await;
    }

    async fn sign_in_twice(&mut self, door: &Door) {
        self.first = door.sign_in(&self.email, OLD).await;
        self.second = door.sign_in(&self.email, OLD).await;
    }

    async fn end_the_second(&mut self, door: &Door) {
        let Some((200, listed)) = door.ask("GET", "/api/auth/sessions", self.first.as_deref(), None).await
        else {
            return;
        };
        let sessions = listed.as_array().or_else(|| listed["items"].as_array()).cloned().unwrap_or_default();
        let Some(other) = sessions.iter().find(|one| one["current"] == false) else { return };
        let path = format!("/api/auth/sessions/{}", other["id"].as_str().unwrap());
        self.ended = door.told("DELETE", &path, self.first.as_deref(), None).await;
    }

    async fn change_password(&mut self, door: &Door) {
        let body = json!({ "current_password": OLD, "new_password": NEW });
        self.changed =
            door.told("POST", "/api/auth/change-password", self.first.as_deref(), Some(body)).await;
    }

    async fn join(&mut self, door: &Door) {
        let body = json!({ "token": self.invitation });
        self.joined = door.told("POST", "/api/invitations/accept", self.first.as_deref(), Some(body)).await;
    }

    /// What is there otherwise than they were told.
    async fn wrong(&self, door: &Door, added: &[Json]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut say = |what: &str| wrong.push(format!("{what}: {self:?}"));
        let (old, new) = (door.sign_in(&self.email, OLD).await, door.sign_in(&self.email, NEW).await);
        let Some(access) = old.as_ref().or(new.as_ref()) else {
            if self.registered == Told::Done {
                say("the account is not there");
            }
            return wrong;
        };
        if !self.registered.agrees(true) {
            say("a refused account is there");
        }
        if old.is_some() == new.is_some() || !self.changed.agrees(new.is_some()) {
            say("the password is another");
        }
        if let Some(second) = &self.second {
            let ends = self.ended == Told::Done || new.is_some();
            let stands = door.is_signed_in(second).await;
            if (ends && stands) || (!ends && self.ended != Told::Nothing && !stands) {
                say("the second session is otherwise");
            }
        }
        let Some((200, profile)) = door.ask("GET", "/api/auth/profile", Some(access), None).await else {
            say("there is no profile");
            return wrong;
        };
        let is_member = profile["memberships"].as_array().is_some_and(|places| !places.is_empty());
        if !self.joined.agrees(is_member) {
            say("the membership is otherwise");
        }
        let events = added.iter().filter(|event| event["payload"]["user"] == profile["id"]).count();
        if events != usize::from(is_member) {
            say("the event log says otherwise of the membership");
        }
        let link = json!({ "token": self.invitation });
        let look = door.ask("POST", "/api/invitations/look", None, Some(link)).await;
        if look.is_none_or(|(status, _)| (status == 200) == is_member) {
            say("the invitation is used without its place, or not used with it");
        }
        wrong
    }
}

async fn all_wrong(lares: &Lares, people: &[Person]) -> Vec<String> {
    let door = Door::of(lares);
    let events = lares.api().all("/api/events?limit=1000").await;
    let added: Vec<_> = events.into_iter().filter(|event| event["type"] == "member.added").collect();
    let mut wrong = Vec::new();
    for person in people {
        wrong.extend(person.wrong(&door, &added).await);
    }
    wrong
}

fn unhurried(lares: &mut Lares) {
    for bound in ["REGISTRATIONS_PER_NETWORK_PER_HOUR", "MAILS_PER_NETWORK_PER_HOUR"] {
        lares.set_env(&format!("LARES_IDENTITY__{bound}"), "100000");
    }
}

/// People come one after the other, as long as somebody answers.
async fn people_come(
    lares: (Door, Api, String),
    name: String,
    people: Arc<Mutex<Vec<Person>>>,
    over: Arc<AtomicBool>,
) {
    let (door, owner, organisation) = lares;
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let Some(invitation) = invitation(&owner, &organisation).await else { return };
        let email = format!("{name}-{number}@example.org");
        let mut person = Person { email, invitation, ..Person::default() };
        person.register(&door).await;
        if person.registered == Told::Done {
            person.sign_in_twice(&door).await;
            if person.first.is_some() {
                person.end_the_second(&door).await;
                person.join(&door).await;
                person.change_password(&door).await;
            }
        }
        people.lock().unwrap().push(person);
    }
}

async fn killed_while_people_come(engine: Engine) {
    let mut moments = Moments::new(&format!("killed while people come on {engine:?}"));
    let mut lares = Lares::new(engine);
    unhurried(&mut lares);
    lares.start().await;
    let people = Arc::new(Mutex::new(Vec::new()));
    for kill in 0..KILLS * soak_factor() {
        let over = Arc::new(AtomicBool::new(false));
        let mut coming = JoinSet::new();
        for at_once in 0..AT_ONCE {
            let organisation = lares.demo().organisation;
            let way_in = (Door::of(&lares), lares.api(), organisation);
            coming.spawn(people_come(way_in, format!("p-{kill}-{at_once}"), people.clone(), over.clone()));
        }
        tokio::time::sleep(Duration::from_millis(500 + moments.below(LONGEST_LOAD_MS))).await;
        lares.kill();
        over.store(true, Ordering::Relaxed);
        while let Some(ended) = coming.join_next().await {
            ended.unwrap();
        }
        lares.start().await;
    }
    let people = people.lock().unwrap().clone();
    let wrong = all_wrong(&lares, &people).await;
    let count = |is: fn(&Person) -> bool| people.iter().filter(|person| is(person)).count();
    let whole = count(|person| person.changed == Told::Done);
    let broken = count(|person| {
        [person.registered, person.ended, person.joined, person.changed].contains(&Told::Nothing)
    });
    println!("{engine:?}: {} people, {whole} with everything done, {broken} cut off", people.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(whole > 0, "nobody came through: that was no load");
    lares.kill();
    assert_eq!(lares.check(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_as_people_were_told_after_kills_on_sqlite() {
    killed_while_people_come(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_as_people_were_told_after_kills_on_postgres() {
    killed_while_people_come(Engine::Postgres).await;
}

async fn somebody(door: &Door, owner: &Api, organisation: &str, name: &str) -> Person {
    let invitation = invitation(owner, organisation).await.unwrap();
    let mut person = Person { email: format!("{name}@example.org"), invitation, ..Person::default() };
    person.register(door).await;
    person.sign_in_twice(door).await;
    assert!(person.second.is_some(), "{person:?}");
    person
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_as_people_were_told_on_a_full_disk() {
    let home = tempfile::Builder::new().prefix("lares-it-").tempdir().unwrap();
    let disk = SmallDisk::mount(&home.path().join("disk"));
    let data = disk.path().join("data");
    let mut lares = Lares::on(Engine::Sqlite, home, data);
    unhurried(&mut lares);
    lares.start().await;
    let (door, owner, organisation) = (Door::of(&lares), lares.api(), lares.demo().organisation);
    let mut people = Vec::new();
    for name in ["ends", "changes", "joins", "rests"] {
        people.push(somebody(&door, &owner, &organisation, name).await);
    }
    let invitation = invitation(&owner, &organisation).await.unwrap();
    let mut late = Person { email: "late@example.org".to_owned(), invitation, ..Person::default() };

    let no_room = json!({ "organisation": organisation, "name": "No room", "time_zone": "UTC",
        "property_type": "house" });
    wait_until("a write is refused", NOBODY_WAITS_LONGER, async || {
        disk.fill();
        owner.try_post("/api/homes", None, &no_room).await.unwrap().status == 507
    })
    .await;
    // What still finds room, where the server gave some back, is acknowledged and counts.
    let [ends, changes, joins, _] = &mut people[..] else { unreachable!() };
    disk.fill();
    ends.end_the_second(&door).await;
    disk.fill();
    changes.change_password(&door).await;
    disk.fill();
    joins.join(&door).await;
    disk.fill();
    late.register(&door).await;
    let told = [ends.ended, changes.changed, joins.joined, late.registered];
    println!("a full disk told: {told:?}");
    assert!(told.iter().filter(|told| **told == Told::Refused).count() >= 3, "{told:?}");
    people.push(late);

    disk.free();
    wait_until("people are served again", NOBODY_WAITS_LONGER, async || {
        door.sign_in("rests@example.org", OLD).await.is_some()
    })
    .await;
    let wrong = all_wrong(&lares, &people).await;
    assert!(wrong.is_empty(), "after recovery: {wrong:#?}");
    lares.kill();
    lares.start().await;
    let wrong = all_wrong(&lares, &people).await;
    assert!(wrong.is_empty(), "after a restart: {wrong:#?}");
    lares.kill();
    assert_eq!(lares.check(), Vec::<String>::new());
}
