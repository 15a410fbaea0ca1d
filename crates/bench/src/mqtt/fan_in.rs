//! Many publishers, one subscriber: one thread, one event loop, raw sockets, so that the load costs little beside the
//! broker. A message carries the instant it was due, and the subscriber reads from it how long it took.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream as Blocking;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::process::cpu_s;
use super::wire::{self, Failure};
use crate::figures::Spread;

const WARM_UP: Duration = Duration::from_secs(1);
const DRAIN: Duration = Duration::from_secs(3);

pub struct Load {
    pub publishers: usize,
    pub qos: u8,
    /// Messages per second of all publishers together; 0 is as many as the window lets through.
    pub rate: u64,
    /// Messages of one publisher that are under way at a time, where there is no rate.
    pub window: u64,
    pub payload_bytes: usize,
    pub time: Duration,
}

pub struct FanIn {
    pub received_per_s: f64,
    pub latency_ms: Spread,
    /// Sent and never received.
    pub lost: u64,
    pub broker_cpu_us_per_message: f64,
}

struct Peer {
    stream: TcpStream,
    input: Vec<u8>,
    output: Vec<u8>,
    written: usize,
    under_way: u64,
    next_id: u16,
    topic: Vec<u8>,
    due: Duration,
}

struct Run<'l> {
    load: &'l Load,
    peers: Vec<Peer>,
    began: Instant,
    sent: u64,
    received: u64,
    latencies_ms: Vec<f64>,
    scratch: Vec<u8>,
}

/// Signed in, with what was asked for answered.
pub fn dial(address: &str, packets: &[Vec<u8>]) -> Result<Blocking, Failure> {
    let said = |error: std::io::Error| format!("{address}: {error}");
    let mut stream = Blocking::connect(address).map_err(said)?;
    stream.set_nodelay(true).map_err(said)?;
    for packet in packets {
        stream.write_all(packet).map_err(said)?;
        let mut head = [0; 2];
        stream.read_exact(&mut head).map_err(said)?;
        let mut body = vec![0; usize::from(head[1])];
        stream.read_exact(&mut body).map_err(said)?;
        if head[0] == 0x20 && body.get(1) != Some(&0) {
            return Err(format!("{address}: CONNACK {body:?}"));
        }
    }
    Ok(stream)
}

pub fn run(address: &str, broker: u32, load: &Load) -> Result<FanIn, Failure> {
    let mut poll = Poll::new().map_err(|error| error.to_string())?;
    let mut peers = Vec::with_capacity(load.publishers + 1);
    for index in 0..=load.publishers {
        let mut packets = vec![wire::connect(&format!("load-{}-{index}", std::process::id()), 0, None)];
        if index == 0 {
            packets.push(wire::subscribe("load/#", load.qos));
        }
        let stream = dial(address, &packets)?;
        stream.set_nonblocking(true).map_err(|error| error.to_string())?;
        let mut stream = TcpStream::from_std(stream);
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(index), both).map_err(|error| error.to_string())?;
        peers.push(Peer::new(stream, index, load));
    }
    let mut run = Run {
        load,
        peers,
        began: Instant::now(),
        sent: 0,
        received: 0,
        latencies_ms: Vec::new(),
        scratch: vec![0; 64 * 1024],
    };
    run.measure(&mut poll, broker)
}

impl Peer {
    fn new(stream: TcpStream, index: usize, load: &Load) -> Peer {
        // Spread over the interval, so that a rate is even.
        let offset = if load.rate > 0 {
            load.interval() * index as u32 / load.publishers as u32
        } else {
            Duration::ZERO
        };
        Peer {
            stream,
            input: Vec::new(),
            output: Vec::new(),
            written: 0,
            under_way: 0,
            next_id: 0,
            topic: format!("load/{index}/state").into_bytes(),
            due: offset,
        }
    }

    fn publish(&mut self, load: &Load, at: Duration) {
        let mut head = Vec::with_capacity(self.topic.len() + 4);
        wire::text(&mut head, &self.topic);
        if load.qos > 0 {
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
            head.extend_from_slice(&self.next_id.to_be_bytes());
        }
        let mut payload = vec![b'x'; load.payload_bytes.max(8)];
        payload[..8].copy_from_slice(&(at.as_nanos() as u64).to_be_bytes());
        wire::packet(&mut self.output, 0x30 | load.qos << 1, &[&head, &payload]);
        self.under_way += 1;
    }

    fn flush(&mut self) -> Result<(), Failure> {
        while self.written < self.output.len() {
            match self.stream.write(&self.output[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(format!("a connection broke: {error}")),
            }
        }
        self.output.clear();
        self.written = 0;
        Ok(())
    }
}

impl Load {
    /// Between two messages of one publisher.
    fn interval(&self) -> Duration {
        Duration::from_nanos(1_000_000_000 * self.publishers as u64 / self.rate.max(1))
    }
}

impl Run<'_> {
    fn measure(&mut self, poll: &mut Poll, broker: u32) -> Result<FanIn, Failure> {
        let mut events = Events::with_capacity(2_048);
        let wait = Duration::from_micros(if self.load.rate > 0 { 500 } else { 2_000 });
        let mut start: Option<(Instant, f64)> = None;
        let mut end: Option<(f64, f64, usize)> = None;
        loop {
            let elapsed = self.began.elapsed();
            if start.is_none() && elapsed >= WARM_UP {
                start = Some((Instant::now(), cpu_s(broker)));
                self.latencies_ms.clear();
            }
            if elapsed < WARM_UP + self.load.time {
                self.send()?;
            } else {
                if let (None, Some((since, cpu))) = (end, start) {
                    end = Some((since.elapsed().as_secs_f64(), cpu_s(broker) - cpu, self.latencies_ms.len()));
                }
                if self.received == self.sent || elapsed > WARM_UP + self.load.time + DRAIN {
                    break;
                }
            }
            poll.poll(&mut events, Some(wait)).map_err(|error| error.to_string())?;
            for event in &events {
                let index = event.token().0;
                if event.is_readable() {
                    self.read(index)?;
                }
                self.peers[index].flush()?;
            }
        }
        let (seconds, cpu, count) = end.ok_or("nothing was measured")?;
        Ok(FanIn {
            received_per_s: count as f64 / seconds,
            latency_ms: Spread::of(std::mem::take(&mut self.latencies_ms)),
            lost: self.sent - self.received,
            broker_cpu_us_per_message: cpu * 1e6 / count.max(1) as f64,
        })
    }

    fn send(&mut self) -> Result<(), Failure> {
        let now = self.began.elapsed();
        let (load, interval) = (self.load, self.load.interval());
        // QoS 0 is not answered: what the subscriber has not had is under way.
        let behind = self.sent - self.received;
        for peer in &mut self.peers[1..] {
            let before = peer.output.len();
            if load.rate > 0 {
                while peer.due <= now && peer.under_way < 1_000 {
                    let due = peer.due;
                    peer.publish(load, due);
                    peer.due += interval;
                    self.sent += 1;
                }
            } else if load.qos > 0 {
                while peer.under_way < load.window {
                    peer.publish(load, now);
                    self.sent += 1;
                }
            } else if before == 0 && behind < load.window * load.publishers as u64 {
                for _ in 0..load.window.min(4) {
                    peer.publish(load, now);
                    self.sent += 1;
                }
            }
            if load.qos == 0 {
                peer.under_way = 0;
            }
            if peer.output.len() > before {
                peer.flush()?;
            }
        }
        Ok(())
    }

    fn read(&mut self, index: usize) -> Result<(), Failure> {
        loop {
            match self.peers[index].stream.read(&mut self.scratch) {
                Ok(0) => return Err("the broker closed a connection".to_owned()),
                Ok(read) => self.peers[index].input.extend_from_slice(&self.scratch[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(format!("a connection broke: {error}")),
            }
        }
        let input = std::mem::take(&mut self.peers[index].input);
        let mut at = 0;
        while let Some((body, end)) = wire::first_packet(&input[at..]) {
            self.take(index, input[at], &input[at + body..at + end]);
            at += end;
        }
        let peer = &mut self.peers[index];
        peer.input = input;
        peer.input.drain(..at);
        Ok(())
    }

    fn take(&mut self, index: usize, first: u8, body: &[u8]) {
        let peer = &mut self.peers[index];
        match first >> 4 {
            3 => {
                let mut at = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
                match first >> 1 & 3 {
                    0 => {}
                    qos => {
                        let ack = if qos == 1 { 0x40 } else { 0x50 };
                        peer.output.extend_from_slice(&[ack, 2, body[at], body[at + 1]]);
                        at += 2;
                    }
                }
                let due = body[at..].first_chunk().map_or(0, |nanos| u64::from_be_bytes(*nanos));
                let took = self.began.elapsed().saturating_sub(Duration::from_nanos(due));
                self.latencies_ms.push(took.as_secs_f64() * 1e3);
                self.received += 1;
            }
            // PUBACK, PUBCOMP
            4 | 7 => peer.under_way = peer.under_way.saturating_sub(1),
            // PUBREC, PUBREL
            5 => peer.output.extend_from_slice(&[0x62, 2, body[0], body[1]]),
            6 => peer.output.extend_from_slice(&[0x70, 2, body[0], body[1]]),
            _ => {}
        }
    }
}
