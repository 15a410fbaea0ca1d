//! Topic filters as a tree of levels, so that a topic finds its subscriptions without asking each. All edges lie in
//! one table: ten thousand clients with a filter each cost little more than their levels.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use hashbrown::HashTable;

const ROOT: u32 = 0;
const NONE: u32 = 0;

struct Edge {
    parent: u32,
    child: u32,
    level: Box<str>,
}

struct Node<T> {
    parent: u32,
    /// Edges that leave it, the one of `+` not counted.
    children: u32,
    /// The child for `+`.
    plus: u32,
    /// Filters that end here.
    here: Vec<T>,
    /// Filters that end here with `#`.
    below: Vec<T>,
}

impl<T> Node<T> {
    fn new(parent: u32) -> Node<T> {
        Node { parent, children: 0, plus: NONE, here: Vec::new(), below: Vec::new() }
    }

    fn is_idle(&self) -> bool {
        self.children == 0 && self.plus == NONE && self.here.is_empty() && self.below.is_empty()
    }
}

pub(super) struct Trie<T> {
    nodes: Vec<Node<T>>,
    free: Vec<u32>,
    edges: HashTable<Edge>,
    hasher: RandomState,
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Trie {
            nodes: vec![Node::new(ROOT)],
            free: Vec::new(),
            edges: HashTable::new(),
            hasher: RandomState::new(),
        }
    }
}

impl<T> Trie<T> {
    fn hash(&self, parent: u32, level: &str) -> u64 {
        self.hasher.hash_one((parent, level))
    }

    fn child(&self, parent: u32, level: &str) -> Option<u32> {
        if self.nodes[parent as usize].children == 0 {
            return None;
        }
        let found =
            self.edges.find(self.hash(parent, level), |edge| edge.parent == parent && &*edge.level == level);
        found.map(|edge| edge.child)
    }

    fn new_node(&mut self, parent: u32) -> u32 {
        match self.free.pop() {
            Some(index) => {
                self.nodes[index as usize] = Node::new(parent);
                index
            }
            None => {
                self.nodes.push(Node::new(parent));
                (self.nodes.len() - 1) as u32
            }
        }
    }

    fn child_or_new(&mut self, parent: u32, level: &str) -> u32 {
        if level == "+" {
            if self.nodes[parent as usize].plus == NONE {
                let child = self.new_node(parent);
                self.nodes[parent as usize].plus = child;
            }
            return self.nodes[parent as usize].plus;
        }
        if let Some(child) = self.child(parent, level) {
            return child;
        }
        let child = self.new_node(parent);
        let hash = self.hash(parent, level);
        let hasher = &self.hasher;
        let edge = Edge { parent, child, level: level.into() };
        self.edges.insert_unique(hash, edge, |edge| hasher.hash_one((edge.parent, &*edge.level)));
        self.nodes[parent as usize].children += 1;
        child
    }

    /// What stands at a filter, made where there was nothing.
    pub fn at_mut(&mut self, filter: &str) -> &mut Vec<T> {
        let (path, below) = split(filter);
        let mut node = ROOT;
        for level in path {
            node = self.child_or_new(node, level);
        }
        let node = &mut self.nodes[node as usize];
        if below { &mut node.below } else { &mut node.here }
    }

    /// Takes out what `gone` says of what stands at a filter, and the levels that nobody needs any more.
    pub fn remove(&mut self, filter: &str, mut gone: impl FnMut(&mut T) -> bool) {
        let (path, below) = split(filter);
        let levels: Vec<&str> = path.collect();
        let mut trail = vec![ROOT];
        for level in &levels {
            let at = trail[trail.len() - 1];
            let next = match *level {
                "+" => Some(self.nodes[at as usize].plus).filter(|plus| *plus != NONE),
                level => self.child(at, level),
            };
            let Some(next) = next else { return };
            trail.push(next);
        }
        let end = &mut self.nodes[trail[trail.len() - 1] as usize];
        let standing = if below { &mut end.below } else { &mut end.here };
        standing.retain_mut(|entry| !gone(entry));
        if standing.is_empty() {
            *standing = Vec::new();
        }
        self.prune(&trail, &levels);
    }

    fn prune(&mut self, trail: &[u32], levels: &[&str]) {
        for (index, level) in levels.iter().enumerate().rev() {
            let (child, parent) = (trail[index + 1], trail[index]);
            if !self.nodes[child as usize].is_idle() {
                return;
            }
            debug_assert_eq!(self.nodes[child as usize].parent, parent);
            if *level == "+" {
                self.nodes[parent as usize].plus = NONE;
            } else {
                let hash = self.hash(parent, level);
                let found = self.edges.find_entry(hash, |edge| edge.child == child);
                if let Ok(edge) = found {
                    edge.remove();
                }
                self.nodes[parent as usize].children -= 1;
            }
            self.free.push(child);
        }
    }

    /// Everything whose filter covers a topic name (section 4.7).
    pub fn matching<'a>(&'a self, topic: &str, found: &mut impl FnMut(&'a T)) {
        // [MQTT-4.7.2-1] wildcards at the root do not see topics of the server's own.
        self.descend(ROOT, Some(topic), topic.starts_with('$'), found);
    }

    fn descend<'a>(&'a self, node: u32, rest: Option<&str>, own: bool, found: &mut impl FnMut(&'a T)) {
        let here = &self.nodes[node as usize];
        if !own {
            here.below.iter().for_each(&mut *found);
        }
        let Some(rest) = rest else {
            here.here.iter().for_each(&mut *found);
            return;
        };
        let (level, rest) = match rest.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (rest, None),
        };
        if here.plus != NONE && !own {
            self.descend(here.plus, rest, false, found);
        }
        if let Some(child) = self.child(node, level) {
            self.descend(child, rest, false, found);
        }
    }

    #[cfg(test)]
    fn nodes_in_use(&self) -> usize {
        self.nodes.len() - self.free.len()
    }
}

/// The levels of a filter without a last `#`, and whether it had one.
fn split(filter: &str) -> (impl Iterator<Item = &str>, bool) {
    let (path, below) = match filter.strip_suffix('#') {
        Some("") => (None, true),
        Some(path) => (path.strip_suffix('/'), true),
        None => (Some(filter), false),
    };
    (path.into_iter().flat_map(|path| path.split('/')), below)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::topic::matches;

    fn level() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["a", "b", "", "$x", "long-level"])
    }

    fn topic() -> impl Strategy<Value = String> {
        prop::collection::vec(level(), 1..5)
            .prop_map(|levels| levels.join("/"))
            .prop_filter("a topic is not empty", |topic| !topic.is_empty())
    }

    fn filter() -> impl Strategy<Value = String> {
        let levels = prop::collection::vec(prop_oneof![level(), Just("+")], 0..5);
        (levels, any::<bool>()).prop_filter_map("a filter is not empty", |(mut levels, below)| {
            if below {
                levels.push("#");
            }
            Some(levels.join("/")).filter(|filter| !filter.is_empty())
        })
    }

    proptest! {
        /// The tree finds what asking every filter finds, whatever was added and removed before.
        #[test]
        fn finds_what_asking_every_filter_finds(
            moves in prop::collection::vec((any::<bool>(), filter()), 0..60),
            topics in prop::collection::vec(topic(), 1..20),
        ) {
            let mut trie = Trie::default();
            let mut model: Vec<(usize, String)> = Vec::new();
            for (number, (add, filter)) in moves.into_iter().enumerate() {
                if add {
                    trie.at_mut(&filter).push(number);
                    model.push((number, filter));
                } else {
                    trie.remove(&filter, |_| true);
                    model.retain(|(_, known)| *known != filter);
                }
            }
            for topic in topics {
                let mut found = Vec::new();
                trie.matching(&topic, &mut |number| found.push(*number));
                found.sort_unstable();
                let expected = model.iter().filter(|(_, filter)| matches(filter, &topic));
                let expected: Vec<usize> = expected.map(|(number, _)| *number).collect();
                prop_assert_eq!(found, expected, "{}", topic);
            }
            for (_, filter) in &model {
                trie.remove(filter, |_| true);
            }
            prop_assert_eq!(trie.nodes_in_use(), 1, "nothing is left of what is gone");
        }
    }
}
