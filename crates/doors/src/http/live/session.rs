//! One live connection without its wire: what it is subscribed to, when something may be new, and the frames that
//! say it. Rights are looked at again whenever they may have changed, and from time to time.

use std::collections::VecDeque;
use std::time::Duration;

use lares_hub::watch::{Subscription, Watcher};
use lares_hub::{Caller, HubError, identity};
use lares_model::{DeviceId, UnixMillis, UserId};
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::frame::{self, Frame};
use crate::http::Door;
use crate::http::problem::Problem;

/// At most this often is something new told: what comes in between travels together.
const PACE: Duration = Duration::from_millis(20);
/// A membership may end by its own date, without anybody's doing.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// From here on a client counts as slow and is told what it missed.
const SLOW: Duration = Duration::from_secs(1);
const EVENTS_PER_FRAME: usize = 200;
const DEVICES_PER_FRAME: usize = 50;
const VALUES_PER_FRAME: usize = 200;
/// The cursor of somebody who asked for rare events still moves.
const CURSOR_EVERY: Duration = Duration::from_secs(5);

/// Why a connection ends (close codes of the WebSocket, RFC 6455 section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    GoingAway,
    Failed,
    AccessEnded,
    TooSlow,
    TooMany(&'static str),
}

impl End {
    pub fn code(self) -> u16 {
        match self {
            End::GoingAway => 1001,
            End::Failed => 1011,
            End::AccessEnded => 4001,
            End::TooSlow => 4008,
            End::TooMany(_) => 4009,
        }
    }

    pub fn reason(self) -> &'static str {
        match self {
            End::GoingAway => "the server is going away; connect again and go on from your cursor",
            End::Failed => "the server could not read its log; connect again and go on from your cursor",
            End::AccessEnded => "you are signed out, or your access has ended",
            End::TooSlow => "you stopped reading; connect again and go on from your cursor",
            End::TooMany(reason) => reason,
        }
    }
}

pub struct Session {
    door: Door,
    caller: Caller,
    watcher: Option<Watcher>,
    /// Devices whose standing is still to be told.
    untold: VecDeque<DeviceId>,
    telling_standing: bool,
    more: bool,
    not_before: Instant,
    look_again: Instant,
    cursor_told: Instant,
    access: broadcast::Receiver<UserId>,
    rights_may_differ: bool,
    /// What the client loaded was for other rights; it is not told so yet.
    rights_differ: bool,
    told_at: UnixMillis,
}

impl Session {
    pub fn new(door: Door, caller: Caller) -> Session {
        let now = Instant::now();
        Session {
            access: door.hub.nudges.follow_access(),
            told_at: door.hub.now(),
            door,
            caller,
            watcher: None,
            untold: VecDeque::new(),
            telling_standing: false,
            more: false,
            not_before: now,
            look_again: now + LOOK_AGAIN,
            cursor_told: now,
            rights_may_differ: false,
            rights_differ: false,
        }
    }

    pub async fn subscribed(
        door: Door,
        caller: Caller,
        subscription: Subscription,
        cursor: Option<&str>,
    ) -> Result<(Session, Vec<Frame>), HubError> {
        let mut session = Session::new(door, caller);
        let frames = session.subscribe(subscription, cursor).await?;
        Ok((session, frames))
    }

    /// Replaces what was subscribed to, and without a cursor goes on where it stands: what is on its way to the client
    /// is not told again. An unknown cursor is not an error: the client is told to load afresh.
    pub async fn subscribe(
        &mut self,
        subscription: Subscription,
        cursor: Option<&str>,
    ) -> Result<Vec<Frame>, HubError> {
        if self.may_have_other_rights() {
            let caller = identity::caller_again(&self.door.hub, &self.caller).await?;
            self.rights_differ |= self.watcher.is_some() && !caller.may_the_same_as(&self.caller);
            self.caller = caller;
        }
        let hub = &self.door.hub;
        let mut frames = vec![];
        let opened = match (&self.watcher, cursor) {
            (Some(watcher), None) => watcher.changed_to(&self.caller, subscription.clone()).await,
            _ => Watcher::open(hub, &self.caller, subscription.clone(), cursor).await,
        };
        let watcher = match opened {
            Err(HubError::UnknownCursor) => {
                frames.push(frame::reset("the cursor is unknown or too old; load afresh"));
                Watcher::open(hub, &self.caller, subscription, None).await?
            }
            opened => opened?,
        };
        frames.push(frame::subscribed(watcher.cursor()?, hub.now()));
        self.untold = watcher.devices().into();
        self.telling_standing = true;
        self.more = true;
        self.watcher = Some(watcher);
        Ok(frames)
    }

    /// Waits until there may be something to tell. Cancel-safe.
    pub async fn ready(&mut self) {
        if self.may_have_other_rights() || self.telling_standing || self.more {
            return;
        }
        let rights = tokio::time::sleep_until(self.look_again);
        tokio::select! {
            told = self.access.recv() => self.rights_may_differ |= told.map_or(true, |user| user == self.caller.user),
            () = rights => self.rights_may_differ = true,
            () = news(&mut self.watcher, self.not_before) => {}
        }
    }

    /// Also while there is much to tell: somebody who catches up for an hour must not keep rights for an hour.
    fn may_have_other_rights(&mut self) -> bool {
        loop {
            match self.access.try_recv() {
                Ok(user) => self.rights_may_differ |= user == self.caller.user,
                Err(TryRecvError::Lagged(_)) => self.rights_may_differ = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        self.rights_may_differ |= Instant::now() >= self.look_again;
        self.rights_may_differ
    }

    /// Whether the person may ask for something once more now.
    pub fn check_rate(&self) -> Result<(), Problem> {
        self.door.limits.check_caller(&self.caller)
    }

    /// What there is to tell; `blocked` is how long the client did not take what was told before.
    pub async fn take(&mut self, blocked: Duration) -> Result<Vec<Frame>, End> {
        if self.may_have_other_rights() {
            self.look_at_rights().await?;
        }
        let Some(watcher) = &mut self.watcher else { return Ok(vec![]) };
        if std::mem::take(&mut self.rights_differ) {
            let cursor = watcher.cursor().map_err(failed)?;
            let reset = frame::reset("what you may see or do has changed; load afresh");
            return Ok(vec![reset, frame::subscribed(cursor, self.door.hub.now())]);
        }
        if self.telling_standing {
            let count = self.untold.len().min(DEVICES_PER_FRAME);
            let devices: Vec<_> = self.untold.drain(..count).map(|id| watcher.standing_of(id)).collect();
            self.telling_standing = !self.untold.is_empty();
            return Ok(vec![frame::snapshot(&devices, !self.telling_standing)]);
        }
        let batch = watcher.next(EVENTS_PER_FRAME).await.map_err(failed)?;
        self.more = batch.more;
        if batch.lost_track {
            self.untold = watcher.devices().into();
            self.telling_standing = true;
        }
        self.not_before = Instant::now() + PACE;
        let mut frames = vec![];
        if (blocked >= SLOW || batch.lost_track) && batch.superseded > 0 {
            frames.push(frame::missed(batch.superseded, self.told_at));
            metrics::counter!("lares_live_superseded_total").increment(batch.superseded);
        }
        let mut values = batch.values.chunks(VALUES_PER_FRAME);
        let mut presence = batch.presence.chunks(VALUES_PER_FRAME);
        loop {
            let (values, presence) = (values.next(), presence.next());
            if values.is_none() && presence.is_none() {
                break;
            }
            frames.push(frame::readings(values.unwrap_or_default(), presence.unwrap_or_default()));
        }
        let cursor_due = batch.moved && self.cursor_told.elapsed() >= CURSOR_EVERY;
        if !batch.events.is_empty() || cursor_due {
            frames.push(frame::events(&batch.events, watcher.cursor().map_err(failed)?));
            self.cursor_told = Instant::now();
        }
        self.told_at = self.door.hub.now();
        Ok(frames)
    }

    pub fn now(&self) -> UnixMillis {
        self.door.hub.now()
    }

    async fn look_at_rights(&mut self) -> Result<(), End> {
        self.rights_may_differ = false;
        self.look_again = self.next_look();
        let hub = &self.door.hub;
        let caller = match identity::caller_again(hub, &self.caller).await {
            Ok(caller) => caller,
            Err(HubError::Unauthenticated) => return Err(End::AccessEnded),
            Err(error) => return Err(failed(error)),
        };
        self.rights_differ |= self.watcher.is_some() && !caller.may_the_same_as(&self.caller);
        self.caller = caller;
        let Some(watcher) = self.watcher.as_ref().filter(|_| self.rights_differ) else { return Ok(()) };
        let reopened = match watcher.with_rights_of(&self.caller).await {
            Ok(Some(watcher)) => watcher,
            Ok(None) | Err(HubError::Forbidden) => return Err(End::AccessEnded),
            Err(error) => return Err(failed(error)),
        };
        self.untold = reopened.devices().into();
        self.telling_standing = true;
        self.more = true;
        self.watcher = Some(reopened);
        Ok(())
    }

    /// Not all connections in step.
    fn next_look(&self) -> Instant {
        let mut byte = [0];
        self.door.hub.entropy.fill(&mut byte);
        Instant::now() + LOOK_AGAIN.mul_f64(0.75 + f64::from(byte[0]) / 512.0)
    }
}

async fn news(watcher: &mut Option<Watcher>, not_before: Instant) {
    match watcher {
        Some(watcher) => {
            tokio::time::sleep_until(not_before).await;
            watcher.changed().await;
        }
        None => std::future::pending().await,
    }
}

/// Returns when the server is no longer ready, since it stops.
pub async fn ended(ready: &mut watch::Receiver<bool>) {
    let _ = ready.wait_for(|ready| !ready).await;
}

fn failed(error: HubError) -> End {
    tracing::warn!(%error, "a live connection could not be served");
    End::Failed
}
