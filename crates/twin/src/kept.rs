//! What a world remembers between starts: its homes at an instant up to which everything was acknowledged, the
//! commands that were carried out since, and how far the past is told. Pure; where it is kept is the host's affair.

use std::collections::BTreeMap;
use std::sync::Arc;

use lares_model::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::guard::Guard;
use crate::home::{Home, HomeState};
use crate::past::ToldUntil;
use crate::random::mix;
use crate::scenario::Scenario;
use crate::world::{Birth, Done, Registered, World};

const VERSION: u8 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    version: u8,
    seed: u64,
    born: UnixMillis,
    /// Where the past that is being told begins.
    pub from: UnixMillis,
    /// Everything up to here was acknowledged.
    pub reached: UnixMillis,
    homes: BTreeMap<String, HomeState>,
    guards: BTreeMap<String, Guard>,
    /// Since `reached`.
    pub done: Vec<Done>,
    pub told_until: ToldUntil,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum KeptError {
    #[error("what the simulated world remembers cannot be read: {0}")]
    Unreadable(String),
    #[error("what the simulated world remembers is of version {0}, and this is {VERSION}")]
    Version(u8),
}

impl Kept {
    /// The world at an instant up to which everything was acknowledged.
    pub fn at(world: &World, scenario: &Scenario, told_until: &ToldUntil) -> Kept {
        let homes = scenario.homes.iter().zip(&world.homes);
        Kept {
            version: VERSION,
            seed: world.birth.seed,
            born: world.birth.born,
            from: world.birth.from,
            reached: world.now(),
            homes: homes.map(|(plan, home)| (plan.key.clone(), home.state().clone())).collect(),
            guards: BTreeMap::new(),
            done: vec![],
            told_until: told_until.clone(),
        }
    }

    /// Takes the newest command numbers: they are kept whatever else is.
    pub fn with_guards(mut self, world: &World) -> Kept {
        self.guards = world.units.iter().map(|unit| (unit.serial.clone(), unit.guard.clone())).collect();
        self
    }

    pub fn encode(&self) -> Result<Vec<u8>, KeptError> {
        cbor4ii::serde::to_vec(Vec::new(), self).map_err(|error| KeptError::Unreadable(error.to_string()))
    }

    pub fn decode(bytes: &[u8]) -> Result<Kept, KeptError> {
        let kept: Kept =
            cbor4ii::serde::from_slice(bytes).map_err(|error| KeptError::Unreadable(error.to_string()))?;
        if kept.version == VERSION { Ok(kept) } else { Err(KeptError::Version(kept.version)) }
    }

    /// The world as it was at `reached`. A home that has changed its plan since begins anew there.
    pub fn world(&self, scenario: &Scenario, registered: &[Registered]) -> World {
        let birth = Birth { seed: self.seed, born: self.born, from: self.from };
        let homes = scenario.homes.iter().zip(0..).map(|(plan, index)| {
            let (plan, seed) = (Arc::new(plan.clone()), mix(self.seed, index));
            match self.homes.get(&plan.key).filter(|state| Home::fits(&plan, state)) {
                Some(state) => Home::restore(&plan, seed, self.born, state.clone()),
                None => Home::new(&plan, seed, self.born, self.reached),
            }
        });
        let homes = homes.collect();
        let mut world = World::of(scenario, birth, homes, registered);
        for unit in &mut world.units {
            unit.guard = self.guards.get(&unit.serial).cloned().unwrap_or_default();
        }
        world
    }
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
