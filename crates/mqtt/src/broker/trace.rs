//! What one client and the broker say to each other, in words, for a person who asks; costs a look at one flag when
//! nobody does. It follows the client by its name, over connections and sessions.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::{Decoder, Packet, Publish, ReasonCode, Text, Version};
use crate::session::UnixMs;

const LINES_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceLine {
    pub at: UnixMs,
    /// From the client; else to it.
    pub from_client: bool,
    pub text: String,
}

#[derive(Debug, Default)]
pub(super) struct Trace {
    until: AtomicU64,
    lines: Mutex<VecDeque<TraceLine>>,
}

impl Trace {
    /// Goes on until then.
    pub fn begin(&self, until: UnixMs) {
        self.until.fetch_max(until, Ordering::Relaxed);
    }

    pub fn is_on(&self, now: impl FnOnce() -> UnixMs) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        if until == 0 {
            return false;
        }
        let on = now() < until;
        if !on {
            self.until.store(0, Ordering::Relaxed);
            self.lines.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        on
    }

    pub fn note(&self, at: UnixMs, from_client: bool, text: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(TraceLine { at, from_client, text });
    }

    /// Everything that was written for the client.
    pub fn note_written(&self, at: UnixMs, version: Version, bytes: &[u8]) {
        let mut decoder = Decoder::for_version(version, usize::MAX);
        decoder.feed(bytes);
        while let Ok(Some(packet)) = decoder.next_packet() {
            self.note(at, false, words(&packet));
        }
    }

    fn is_over(&self, now: UnixMs) -> bool {
        self.until.load(Ordering::Relaxed) <= now
    }

    pub fn lines(&self) -> Vec<TraceLine> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// By identity and client identifier.
type Known = HashMap<(Arc<str>, Text), Arc<Trace>>;

/// The traces that are on.
#[derive(Default)]
pub(super) struct Traces {
    known: Mutex<Known>,
}

impl Traces {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a session that begins.
    pub fn find(&self, identity: &Arc<str>, client_id: &Text) -> Option<Arc<Trace>> {
        let known = self.known();
        if known.is_empty() {
            return None;
        }
        known.get(&(identity.clone(), client_id.clone())).cloned()
    }

    /// Remembers a trace until then, and forgets those that are over.
    pub fn begin(&self, identity: &Arc<str>, client_id: &Text, trace: &Arc<Trace>, span: (UnixMs, UnixMs)) {
        let (now, until) = span;
        trace.begin(until);
        let mut known = self.known();
        known.retain(|_, trace| !trace.is_over(now));
        known.insert((identity.clone(), client_id.clone()), trace.clone());
    }
}

/// A packet in a line. Payloads are named by their size: they are nobody's business here.
pub(super) fn words(packet: &Packet) -> String {
    let reason = |reason: ReasonCode| {
        if reason == ReasonCode::Success { String::new() } else { format!(" {reason:?}") }
    };
    match packet {
        Packet::Connect(connect) => {
            let version = if connect.version == Version::V5 { "5" } else { "3.1.1" };
            let clean = if connect.clean_start { ", clean start" } else { "" };
            format!(
                "CONNECT as {:?}, version {version}, keep alive {} s{clean}",
                &*connect.client_id, connect.keep_alive_s
            )
        }
        Packet::ConnAck(connack) => {
            let present = if connack.session_present { ", session present" } else { "" };
            format!("CONNACK{}{present}", reason(connack.reason))
        }
        Packet::Publish(publish) => publish_words(publish),
        Packet::PubAck(ack) => format!("PUBACK {}{}", ack.id, reason(ack.reason)),
        Packet::PubRec(ack) => format!("PUBREC {}{}", ack.id, reason(ack.reason)),
        Packet::PubRel(ack) => format!("PUBREL {}{}", ack.id, reason(ack.reason)),
        Packet::PubComp(ack) => format!("PUBCOMP {}{}", ack.id, reason(ack.reason)),
        Packet::Subscribe(subscribe) => {
            let filters = subscribe
                .filters
                .iter()
                .map(|wanted| format!("{} (QoS {})", wanted.filter, wanted.options.qos as u8));
            format!("SUBSCRIBE {} to {}", subscribe.id, filters.collect::<Vec<_>>().join(", "))
        }
        Packet::SubAck(suback) => format!("SUBACK {} {:?}", suback.id, suback.reasons),
        Packet::Unsubscribe(unsubscribe) => {
            let filters: Vec<&str> = unsubscribe.filters.iter().map(|filter| &**filter).collect();
            format!("UNSUBSCRIBE {} from {}", unsubscribe.id, filters.join(", "))
        }
        Packet::UnsubAck(unsuback) => format!("UNSUBACK {} {:?}", unsuback.id, unsuback.reasons),
        Packet::PingReq => "PINGREQ".to_owned(),
        Packet::PingResp => "PINGRESP".to_owned(),
        Packet::Disconnect(disconnect) => format!("DISCONNECT{}", reason(disconnect.reason)),
        Packet::Auth(auth) => format!("AUTH{}", reason(auth.reason)),
    }
}

fn publish_words(publish: &Publish) -> String {
    let id = publish.id.map(|id| format!(" {id}")).unwrap_or_default();
    let dup = if publish.dup { ", sent before" } else { "" };
    let retain = if publish.retain { ", retained" } else { "" };
    let topic = match publish.properties.topic_alias() {
        None => publish.topic.to_string(),
        Some(alias) if publish.topic.is_empty() => format!("(alias {alias})"),
        Some(alias) => format!("{} (alias {alias} from now on)", publish.topic),
    };
    format!("PUBLISH{id} to {topic}, QoS {}, {} bytes{retain}{dup}", publish.qos as u8, publish.payload.len())
}
