//! What people do on a day, as a list of happenings in order: who is where, and what they do to doors, windows and
//! appliances on the way. A function of the scenario, the seed and the day.

use lares_model::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, weekday};
use crate::random::{Random, mix, unit};
use crate::scenario::{HomePlan, Person, Use};
use crate::stays::{self, Part};

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
/// The last second at which people still do something.
const LIGHTS_OUT: i64 = 23 * HOUR + 55 * MINUTE;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    Away,
    Asleep(usize),
    /// Awake in one of the home's rooms.
    In(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    Moves { who: usize, to: Place },
    Unlocks(&'static str),
    Locks(&'static str),
    DoorOpens,
    DoorCloses,
    WindowOpens,
    WindowCloses,
    Boils,
    Washes,
}

/// A happening and its instant.
pub(crate) type Dated = (UnixMillis, Happening);

/// How many people a home can hold at once: those who live there, guests, cleaners.
pub(crate) fn heads(plan: &HomePlan) -> usize {
    let guests = plan.stays.as_ref().map_or(0, |stays| usize::from(stays.guests_max) + 1);
    plan.people.len() + plan.cleaners.len() + guests
}

/// The happenings of a local day, in order.
pub(crate) fn of_day(plan: &HomePlan, calendar: &Calendar, seed: u64, day: i64) -> Vec<Dated> {
    let day_seed = mix(seed, day as u64);
    let mut agenda = Agenda { plan, day, list: Vec::new() };
    for (who, person) in plan.people.iter().enumerate() {
        agenda.resident(who, person, Random::new(mix(day_seed, who as u64)));
    }
    let first_cleaner = plan.people.len();
    for (index, cleaner) in plan.cleaners.iter().enumerate() {
        if cleaner.days.iter().any(|weekday_| weekday_.number() == weekday(day)) {
            let mut random = Random::new(mix(day_seed, 100 + index as u64));
            let arrives = cleaner.arrives.minutes() * MINUTE + random.between(-600.0, 900.0) as i64;
            agenda.cleans(first_cleaner + index, arrives, (cleaner.stays_h * 3_600.0) as i64, &mut random);
        }
    }
    agenda.guests(seed, first_cleaner + plan.cleaners.len(), day_seed);
    agenda.household(day_seed);
    agenda.list.sort_by_key(|(second, _)| *second);
    let dated = |(second, happening): (i64, Happening)| (calendar.at(day, second), happening);
    let mut list: Vec<_> = agenda.list.into_iter().map(dated).collect();
    // Where clocks are set back an hour comes twice, and the order must hold all the same.
    list.sort_by_key(|(at, _)| *at);
    list
}

struct Agenda<'a> {
    plan: &'a HomePlan,
    day: i64,
    /// Seconds of the day.
    list: Vec<(i64, Happening)>,
}

impl Agenda<'_> {
    fn at(&mut self, second: i64, happening: Happening) {
        self.list.push((second.clamp(0, 86_399), happening));
    }

    /// The room for a purpose, else the first one.
    fn room(&self, used_as: Use) -> usize {
        self.plan.rooms.iter().position(|room| room.used_as == used_as).unwrap_or(0)
    }

    /// Beds are shared by two.
    fn bed(&self, nth: usize) -> usize {
        let beds: Vec<_> =
            (0..self.plan.rooms.len()).filter(|room| self.plan.rooms[*room].used_as == Use::Bed).collect();
        let Some(last) = beds.len().checked_sub(1) else { return 0 };
        beds[(nth / 2).min(last)]
    }

    fn moves(&mut self, second: i64, who: usize, used_as: Use) {
        let to = Place::In(self.room(used_as));
        self.at(second, Happening::Moves { who, to });
    }

    fn leaves(&mut self, second: i64, who: usize) {
        self.moves(second - 90, who, Use::Hall);
        self.at(second - 25, Happening::Unlocks("Manual"));
        self.at(second - 15, Happening::DoorOpens);
        self.at(second - 4, Happening::Moves { who, to: Place::Away });
        self.at(second - 3, Happening::DoorCloses);
        self.at(second + 6, Happening::Locks("Auto"));
    }

    fn arrives(&mut self, second: i64, who: usize) {
        self.at(second - 8, Happening::Unlocks("Keypad"));
        self.at(second, Happening::DoorOpens);
        self.moves(second + 2, who, Use::Hall);
        self.at(second + 9, Happening::DoorCloses);
        self.at(second + 129, Happening::Locks("Auto"));
    }

    fn resident(&mut self, who: usize, person: &Person, mut random: Random) {
        let free = weekday(self.day) >= 5;
        let late = if free { random.between(40.0, 100.0) as i64 * MINUTE } else { 0 };
        let minutes = |clock: i64, random: &mut Random, by: f64| {
            clock * MINUTE + random.between(-by * 60.0, by * 60.0) as i64
        };
        let mut now = minutes(person.wakes.minutes(), &mut random, 8.0);
        let away: Vec<_> = person
            .away
            .iter()
            .filter(|away| away.days.iter().any(|weekday_| weekday_.number() == weekday(self.day)))
            .collect();
        let first_leaves = away.iter().map(|away| away.leaves.minutes() * MINUTE).min();
        // Nobody sleeps past what they have planned.
        now = (now + late).min(first_leaves.map_or(now + late, |leaves| leaves - 50 * MINUTE));
        let sleeps = minutes(person.sleeps.minutes(), &mut random, 12.0).min(LIGHTS_OUT);
        now = self.gets_up(now, who, &mut random);
        for away in away {
            let leaves = minutes(away.leaves.minutes(), &mut random, 6.0).max(now + 10 * MINUTE);
            let returns = minutes(away.returns.minutes(), &mut random, 14.0).max(leaves + 20 * MINUTE);
            self.spends(now, leaves - 2 * MINUTE, who, &mut random);
            self.leaves(leaves, who);
            self.arrives(returns, who);
            now = returns + 3 * MINUTE;
        }
        self.spends(now, sleeps - 20 * MINUTE, who, &mut random);
        self.goes_to_bed(sleeps, who, who, &mut random);
    }

    /// Returns when breakfast begins.
    fn gets_up(&mut self, second: i64, who: usize, random: &mut Random) -> i64 {
        let bed = self.bed(who);
        self.at(second, Happening::Moves { who, to: Place::In(bed) });
        let bath = second + random.between(180.0, 480.0) as i64;
        self.moves(bath, who, Use::Bath);
        bath + random.between(600.0, 1_200.0) as i64
    }

    fn goes_to_bed(&mut self, sleeps: i64, who: usize, bed_of: usize, random: &mut Random) {
        let bed = self.bed(bed_of);
        let reads = random.between(600.0, 1_100.0) as i64;
        self.moves(sleeps - reads - 360, who, Use::Bath);
        self.at(sleeps - reads, Happening::Moves { who, to: Place::In(bed) });
        self.at(sleeps, Happening::Moves { who, to: Place::Asleep(bed) });
    }

    /// Awake at home: meals in the kitchen, the rest mostly in the living room.
    fn spends(&mut self, from: i64, until: i64, who: usize, random: &mut Random) {
        let mut now = from;
        while now < until {
            let hour = now as f64 / HOUR as f64;
            let meal = [(5.5, 9.5), (12.0, 13.3), (17.8, 19.3)].iter().any(|(a, b)| (*a..*b).contains(&hour));
            let drawn = unit(random.bits());
            let (used_as, lasts) = match drawn {
                x if meal && x < 0.75 => (Use::Kitchen, random.between(20.0, 45.0)),
                x if x < 0.12 => (Use::Bath, random.between(4.0, 14.0)),
                x if x < 0.22 => (Use::Kitchen, random.between(5.0, 18.0)),
                x if x < 0.32 => (Use::Bed, random.between(8.0, 35.0)),
                _ => (Use::Living, random.between(35.0, 110.0)),
            };
            if random.bits() & 1 == 0 {
                self.moves(now, who, Use::Hall);
            }
            self.moves(now + 20, who, used_as);
            if used_as == Use::Kitchen && (meal || drawn > 0.18) && random.bits() & 1 == 0 {
                self.at(now + 60, Happening::Boils);
            }
            now += (lasts * 60.0) as i64;
        }
    }

    fn cleans(&mut self, who: usize, arrives: i64, lasts: i64, random: &mut Random) {
        self.arrives(arrives, who);
        self.at(arrives + 5 * MINUTE, Happening::WindowOpens);
        let rooms = [Use::Kitchen, Use::Bath, Use::Bed, Use::Living];
        let share = (lasts - 10 * MINUTE).max(0) / rooms.len() as i64;
        for (nth, used_as) in (0..).zip(rooms) {
            self.moves(arrives + 3 * MINUTE + nth * share, who, used_as);
        }
        self.at(arrives + 5 * MINUTE + random.between(900.0, 1_800.0) as i64, Happening::WindowCloses);
        self.leaves(arrives + lasts, who);
    }

    /// The guests of a stay move together; the first of them has the code of the door.
    fn guests(&mut self, seed: u64, first: usize, day_seed: u64) {
        let Some(plan) = &self.plan.stays else { return };
        let cleaner = first + usize::from(plan.guests_max);
        let (check_in, check_out) = (plan.check_in.minutes() * MINUTE, plan.check_out.minutes() * MINUTE);
        let Some(stay) = stays::on_day(plan, seed, self.day) else { return };
        for guest in 0..usize::from(stay.guests) {
            let mut random = Random::new(mix(day_seed, 200 + guest as u64));
            // What all of them do together is drawn alike.
            let mut together = Random::new(mix(day_seed, 300));
            let who = first + guest;
            let mut now = 0;
            if stay.part != Part::Arrival {
                let wakes = 8 * HOUR + together.between(-1_200.0, 3_000.0) as i64;
                now = self.gets_up(wakes + random.between(0.0, 900.0) as i64, who, &mut random);
            }
            if stay.part == Part::Departure {
                let leaves = (check_out - together.between(0.0, 3_000.0) as i64).max(now + 600);
                self.spends(now, leaves - 120, who, &mut random);
                self.goes(leaves, who, guest);
                continue;
            }
            if stay.part == Part::Arrival {
                now = check_in + together.between(0.0, 9_000.0) as i64;
                self.comes(now, who, guest);
            } else if unit(together.bits()) < 0.75 {
                let leaves = (10 * HOUR + together.between(0.0, 4_500.0) as i64).max(now + 1_200);
                let returns = 15 * HOUR + together.between(0.0, 10_000.0) as i64;
                self.spends(now, leaves - 120, who, &mut random);
                self.goes(leaves, who, guest);
                self.comes(returns, who, guest);
                now = returns;
            }
            let sleeps = 22 * HOUR + 40 * MINUTE + together.between(-1_800.0, 3_600.0) as i64;
            self.spends(now + 180, sleeps - 20 * MINUTE, who, &mut random);
            self.goes_to_bed(sleeps.min(LIGHTS_OUT), who, guest, &mut random);
        }
        if stay.part == Part::Departure {
            let mut random = Random::new(mix(day_seed, 400));
            let arrives = check_out + random.between(1_200.0, 3_600.0) as i64;
            self.cleans(cleaner, arrives, random.between(5_400.0, 8_400.0) as i64, &mut random);
        }
    }

    fn goes(&mut self, second: i64, who: usize, guest: usize) {
        match guest {
            0 => self.leaves(second, who),
            _ => self.at(second - 5, Happening::Moves { who, to: Place::Away }),
        }
    }

    fn comes(&mut self, second: i64, who: usize, guest: usize) {
        match guest {
            0 => self.arrives(second, who),
            _ => self.moves(second + 4, who, Use::Hall),
        }
    }

    /// What a household does whoever does it: airing, washing, locking up for the night.
    fn household(&mut self, day_seed: u64) {
        if self.plan.people.is_empty() {
            return;
        }
        let mut random = Random::new(mix(day_seed, 500));
        let wakes = self.plan.people.iter().map(|person| person.wakes.minutes()).min().unwrap_or(420);
        let airs = wakes * MINUTE + random.between(1_200.0, 2_700.0) as i64;
        self.at(airs, Happening::WindowOpens);
        self.at(airs + random.between(300.0, 900.0) as i64, Happening::WindowCloses);
        if [1, 3, 5].contains(&weekday(self.day)) || random.bits().is_multiple_of(5) {
            let washes = random.between(17.2, 19.4) * HOUR as f64;
            self.at(washes as i64, Happening::Washes);
        }
        self.at(LIGHTS_OUT + 30, Happening::Locks("Auto"));
    }
}

#[cfg(test)]
#[path = "habits_tests.rs"]
mod tests;
