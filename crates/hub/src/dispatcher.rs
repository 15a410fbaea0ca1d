//! Hands queued commands to the link, in order per device: a command is marked sent, durably, before it goes out, so
//! that a crash can never send one twice that must not be. Deadlines are looked up, not slept through.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lares_model::command::{Command, Signal, Step, next_step, settle};
use lares_model::device::Device;
use lares_model::event::{Cause, NewEvent};
use lares_model::ports::Link;
use lares_model::{DeviceId, UnixMillis};
use lares_store::{UnitOfWork, commands as rows, events};

use crate::command_secrets;
use crate::commands::{moved, unmet};
use crate::error::HubError;
use crate::hub::Hub;

const LOOK_EVERY: Duration = Duration::from_millis(500);

pub struct Dispatcher {
    hub: Arc<Hub>,
    /// Whether each busy device was reachable at the last look: a change to reachable is a reconnection.
    reachable: HashMap<DeviceId, bool>,
}

/// What one look at the busy devices decided.
#[derive(Default)]
struct Round {
    to_send: Vec<(Arc<Device>, Command)>,
    new_events: Vec<NewEvent>,
    touched: Vec<lares_model::CommandId>,
}

impl Dispatcher {
    pub fn new(hub: &Arc<Hub>) -> Dispatcher {
        Dispatcher { hub: hub.clone(), reachable: HashMap::new() }
    }

    pub async fn run(mut self, mut stop: tokio::sync::watch::Receiver<bool>) {
        let hub = self.hub.clone();
        while !*stop.borrow() {
            if let Err(error) = self.look().await {
                tracing::error!(%error, "dispatching commands failed; trying again");
                tokio::time::sleep(LOOK_EVERY).await;
            }
            tokio::select! {
                () = hub.nudges.dispatcher.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One look at every device with unsettled commands: decide and write in one transaction, then hand over.
    pub async fn look(&mut self) -> Result<(), HubError> {
        let Some(link) = self.hub.link().cloned() else { return Ok(()) };
        let devices = self.hub.busy_devices();
        self.reachable.retain(|device, _| devices.binary_search(device).is_ok());
        if devices.is_empty() || !self.something_to_do(&devices, link.as_ref()).await? {
            return Ok(());
        }
        let hub = self.hub.clone();
        let gate = hub.command_gate.lock().await;
        let work = hub.store.begin().await?;
        let mut round = Round::default();
        for device in devices {
            self.decide(&work, device, link.as_ref(), &mut round).await?;
        }
        if round.new_events.is_empty() {
            return Ok(());
        }
        events::append(&work, std::mem::take(&mut round.new_events)).await?;
        work.commit().await?;
        drop(gate);
        for command in &round.touched {
            self.hub.nudges.command_moved(*command);
        }
        self.hub.nudges.events_committed();
        for (device, command) in &round.to_send {
            // Kept sealed, and plain for nobody but the device.
            let opened = match command_secrets::opened(&self.hub, command.clone()) {
                Ok(opened) => opened,
                // Its deadline says what became of it, and the others go out.
                Err(error) => {
                    tracing::error!(command.id = %command.id, %error, "a command cannot be said");
                    continue;
                }
            };
            if let Err(error) = link.send(device, &opened).await {
                tracing::warn!(device.id = %device.id, command.id = %command.id, %error, "command not handed over");
            }
        }
        Ok(())
    }

    /// Reads without the writer's lock, so that an idle look costs no transaction.
    async fn something_to_do(&mut self, devices: &[DeviceId], link: &dyn Link) -> Result<bool, HubError> {
        let now = self.hub.now();
        let mut found = false;
        for device in devices {
            let mark = self.hub.busy_mark(*device);
            let open = rows::unsettled_of(&self.hub.store, *device).await?;
            if let Some(mark) = mark.filter(|_| open.iter().all(Command::is_settled)) {
                self.hub.mark_idle(*device, mark);
                continue;
            }
            let ready = ready(link, &open);
            let reconnected = ready && self.reachable.get(device) == Some(&false);
            found |= steps(&open, ready, reconnected, now, &self.hub).iter().any(|(_, step)| acts(*step));
            if !found {
                self.reachable.insert(*device, ready);
            }
        }
        Ok(found)
    }

    async fn decide(
        &mut self,
        work: &UnitOfWork,
        id: DeviceId,
        link: &dyn Link,
        round: &mut Round,
    ) -> Result<(), HubError> {
        let mut open = rows::unsettled_of(work, id).await?;
        let now = self.hub.now();
        let ready = ready(link, &open);
        let reconnected = ready && self.reachable.insert(id, ready) == Some(false);
        let Some(device) = self.hub.directory.get(id) else {
            return Ok(()); // being removed, which settles its commands
        };
        for (index, step) in steps(&open, ready, reconnected, now, &self.hub) {
            let command = &mut open[index];
            let unmet = if step == Step::Send { unmet(&self.hub, command) } else { None };
            let signal = match (step, unmet) {
                (Step::Send, None) => Signal::HandedOver,
                (Step::Send, Some(reason)) => Signal::PreconditionFailed(reason),
                (Step::Tick, _) => Signal::Tick,
                _ => continue,
            };
            let Some(transition) = settle(command, &signal, now, &self.hub.command_policy) else { continue };
            let sends = transition.to == lares_model::command::CommandState::Sent;
            round.new_events.push(moved(&self.hub, work, command, &transition, Cause::System, now).await?);
            round.touched.push(command.id);
            if sends {
                round.to_send.push((device.clone(), command.clone()));
            }
        }
        Ok(())
    }
}

/// Whether the oldest that still holds up the others would go out.
fn ready(link: &dyn Link, open: &[Command]) -> bool {
    let first = open.iter().find(|command| !command.is_settled());
    first.is_some_and(|command| link.ready_for(command))
}

fn acts(step: Step) -> bool {
    matches!(step, Step::Send | Step::Tick)
}

/// What to do with a device's commands, oldest first: everything up to the first that still holds up the others.
fn steps(open: &[Command], ready: bool, reconnected: bool, now: UnixMillis, hub: &Hub) -> Vec<(usize, Step)> {
    let mut found = Vec::new();
    for (index, command) in open.iter().enumerate() {
        if command.is_settled() {
            continue;
        }
        let others_wait = index + 1 < open.len();
        let step = next_step(command, ready, reconnected, others_wait, now, &hub.command_policy);
        found.push((index, step));
        match step {
            // The device has this one; its own deadline still counts.
            Step::Pass => {
                if command.is_overdue(now, &hub.command_policy) {
                    found.push((index, Step::Tick));
                }
            }
            Step::Tick => {}
            Step::Send | Step::Wait(_) => break,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sending_and_ticking_are_work() {
        assert!(acts(Step::Send) && acts(Step::Tick));
        assert!(!acts(Step::Pass) && !acts(Step::Wait(UnixMillis(0))));
    }
}
