//! What one client and the broker say to each other, in words, for a person who asks; costs a look at one flag when
//! nobody does.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::codec::{Packet, Publish, ReasonCode, Version};
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

    pub fn lines(&self) -> Vec<TraceLine> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
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

pub(super) fn publish_words(publish: &Publish) -> String {
    let id = publish.id.map(|id| format!(" {id}")).unwrap_or_default();
    let dup = if publish.dup { ", sent before" } else { "" };
    let retain = if publish.retain { ", retained" } else { "" };
    let topic: &str = if publish.topic.is_empty() { "(by alias)" } else { &publish.topic };
    format!("PUBLISH{id} to {topic}, QoS {}, {} bytes{retain}{dup}", publish.qos as u8, publish.payload.len())
}
