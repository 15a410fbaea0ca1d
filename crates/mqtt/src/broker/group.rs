//! The members of a shared subscription and whose turn it is: of those who may have a message, the one who has waited
//! longest. Who is passed over, since a message is not for them or they do not keep up, keeps their place in the queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::subscriptions::Subscription;

pub(super) struct Group {
    name: Box<str>,
    members: Vec<Arc<Subscription>>,
    /// Places in `members`, who has waited longest first.
    order: Mutex<VecDeque<usize>>,
}

/// Of whom a turn may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// There, and with room.
    Ready,
    /// There.
    Open,
    /// Away, with a session that is kept.
    Kept,
}

impl Group {
    pub fn new(name: &str, first: &Arc<Subscription>) -> Group {
        Group { name: name.into(), members: vec![first.clone()], order: Mutex::new([0].into()) }
    }

    pub fn is_named(&self, name: &str) -> bool {
        &*self.name == name
    }

    pub fn members(&self) -> &[Arc<Subscription>] {
        &self.members
    }

    /// It comes last.
    pub fn add(&mut self, member: &Arc<Subscription>) {
        let order = self.order.get_mut().unwrap_or_else(PoisonError::into_inner);
        order.push_back(self.members.len());
        self.members.push(member.clone());
    }

    /// Whether nobody is left.
    pub fn remove(&mut self, member: &Arc<Subscription>) -> bool {
        let order = self.order.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = self.members.iter().position(|known| Arc::ptr_eq(known, member)) {
            self.members.remove(place);
            order.retain(|known| *known != place);
            order.iter_mut().filter(|known| **known > place).for_each(|known| *known -= 1);
        }
        self.members.is_empty()
    }

    /// Whose turn it is of those who may have the message: clients that are there and keep up first, then any that is
    /// there, then any whose session is kept.
    pub fn turn(
        &self,
        may: impl Fn(&Subscription) -> bool,
        ready: impl Fn(&Subscription) -> bool,
    ) -> Option<&Arc<Subscription>> {
        let claim = |member: &Arc<Subscription>| {
            if !may(member) {
                return None;
            }
            match member.seat.is_open() {
                true if ready(member) => Some(Claim::Ready),
                true => Some(Claim::Open),
                false => member.seat.kept.then_some(Claim::Kept),
            }
        };
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let at = longest_waiting(order.iter().map(|place| claim(&self.members[*place])))?;
        let place = order.remove(at)?;
        order.push_back(place);
        Some(&self.members[place])
    }
}

/// The first of those with the best claim; looks no further than it must.
fn longest_waiting(claims: impl Iterator<Item = Option<Claim>>) -> Option<usize> {
    let mut best: Option<(Claim, usize)> = None;
    for (at, claim) in claims.enumerate() {
        let Some(claim) = claim else { continue };
        if claim == Claim::Ready {
            return Some(at);
        }
        if best.is_none_or(|(known, _)| claim < known) {
            best = Some((claim, at));
        }
    }
    best.map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::broker::bounds::Bounds;
    use crate::broker::limits::Limits;
    use crate::broker::live::Live;
    use crate::broker::seat::Seat;
    use crate::broker::tenant::{Pace, TenantQuota, Tenants};
    use crate::codec::{Qos, RetainHandling, SubscribeOptions, Text, Version};

    /// A member who is there, and may have topics that begin so.
    fn member(number: u64, within: &str) -> Arc<Subscription> {
        let tenants = Tenants::new(&Arc::new(Bounds::new(Limits::default(), TenantQuota::default())));
        let name: Arc<str> = number.to_string().into();
        let pace = Arc::new(Pace::new());
        let seat = Seat::new(number, name.clone(), Text::default(), None, tenants.of(&name), (true, pace));
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        seat.sit(Live::new(number, 0, Version::V5, (peer, false), 0, usize::MAX)).unwrap();
        let options = SubscribeOptions {
            qos: Qos::AtLeastOnce,
            no_local: false,
            retain_as_published: false,
            retain_handling: RetainHandling::Send,
        };
        let within = vec![Text::new(within).unwrap()];
        let filter = Text::new("$share/g/#").unwrap();
        Arc::new(Subscription {
            seat: Arc::new(seat),
            filter,
            options,
            identifier: None,
            within,
            over: Default::default(),
        })
    }

    fn group(members: &[Arc<Subscription>]) -> Group {
        let mut group = Group::new("g", &members[0]);
        members[1..].iter().for_each(|member| group.add(member));
        group
    }

    /// How many of the messages, said in turn on these topics, each member got.
    fn shares(group: &Group, topics: &[&str], rounds: usize) -> Vec<usize> {
        let mut shares = vec![0; group.members().len()];
        for topic in topics.iter().cycle().take(rounds) {
            let may = |member: &Subscription| crate::topic::matches(&member.within[0], topic);
            let chosen = group.turn(may, |_| true).unwrap();
            let place = group.members().iter().position(|member| Arc::ptr_eq(member, chosen)).unwrap();
            shares[place] += 1;
        }
        shares
    }

    #[test]
    fn alternating_topics_give_everybody_their_share() {
        // The second may have every other message only: with places counted by message, those were always the first's.
        let two = group(&[member(1, "#"), member(2, "a")]);
        assert_eq!(shares(&two, &["a", "b"], 100), [51, 49]);
        let three = group(&[member(1, "a"), member(2, "#"), member(3, "#")]);
        assert_eq!(
            shares(&three, &["b"], 100),
            [0, 50, 50],
            "who may not have it leaves its turn to no neighbour"
        );
        let all = group(&[member(1, "#"), member(2, "#"), member(3, "#")]);
        assert_eq!(shares(&all, &["a", "b"], 99), [33, 33, 33]);
    }

    #[test]
    fn who_does_not_keep_up_is_passed_over_and_comes_first_afterwards() {
        let members = [member(1, "#"), member(2, "#"), member(3, "#")];
        let group = group(&members);
        let turn = |slow: u64| {
            let chosen = group.turn(|_| true, |member| member.seat.number != slow).unwrap();
            chosen.seat.number
        };
        assert_eq!([turn(1), turn(1), turn(1), turn(1)], [2, 3, 2, 3]);
        assert_eq!([turn(0), turn(0), turn(0)], [1, 2, 3]);
        assert_eq!(group.turn(|_| true, |_| false).unwrap().seat.number, 1, "nobody keeps up");
    }

    #[test]
    fn who_leaves_takes_no_turn_with_it() {
        let members = [member(1, "#"), member(2, "#"), member(3, "#")];
        let mut group = group(&members);
        let turn = |group: &Group| group.turn(|_| true, |_| true).unwrap().seat.number;
        assert_eq!(turn(&group), 1);
        assert!(!group.remove(&members[1]));
        assert_eq!([turn(&group), turn(&group), turn(&group)], [3, 1, 3]);
        group.add(&members[1]);
        assert_eq!([turn(&group), turn(&group), turn(&group)], [1, 3, 2]);
        assert!(!group.remove(&members[0]));
        assert!(!group.remove(&members[2]));
        assert!(group.remove(&members[1]));
    }
}
