//! As many acknowledged messages as a server takes: raw sockets, QoS 1, a fixed number in flight on each connection.

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::lares::Device;

const IN_FLIGHT: u16 = 20;
const PUBACK_BYTES: usize = 4;

/// Clients that a broker without passwords takes.
pub fn strangers(count: usize) -> Vec<Device> {
    (0..count).map(|nth| Device { id: format!("stranger-{nth}"), password: String::new() }).collect()
}

/// Acknowledged messages per second over all connections.
pub async fn run(
    address: &str,
    devices: &[Device],
    readings: usize,
    offset: u64,
    time: Duration,
) -> Result<f64, String> {
    let mut tasks = vec![];
    let began = Instant::now();
    for device in devices {
        let (address, device) = (address.to_owned(), device.clone());
        tasks.push(tokio::spawn(async move { one(&address, &device, readings, offset, time).await }));
    }
    let mut acknowledged = 0;
    for task in tasks {
        acknowledged += task.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    }
    Ok(acknowledged as f64 / began.elapsed().as_secs_f64())
}

/// Connected, with CONNACK behind it.
pub async fn signed_in(address: &str, device: &Device) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&connect(device)).await?;
    let mut connack = [0; 4];
    stream.read_exact(&mut connack).await?;
    if connack[3] != 0 {
        return Err(std::io::Error::other(format!("CONNACK code {}", connack[3])));
    }
    Ok(stream)
}

/// Subscribed at QoS 0, with SUBACK behind it.
pub async fn subscribe(stream: &mut TcpStream, filter: &str) -> std::io::Result<()> {
    let mut body = vec![0, 1];
    text(&mut body, filter);
    body.push(0);
    let mut out = vec![];
    with_length(&mut out, 0x82, &body);
    stream.write_all(&out).await?;
    let mut suback = [0; 5];
    stream.read_exact(&mut suback).await.map(|_| ())
}

async fn one(
    address: &str,
    device: &Device,
    readings: usize,
    offset: u64,
    time: Duration,
) -> std::io::Result<u64> {
    let mut stream = signed_in(address, device).await?;
    let topic = format!("lares/devices/{}/telemetry", device.id);
    let (mut sent, mut acknowledged, mut partial) = (0_u64, 0_u64, 0);
    let mut buffer = vec![0; 4096];
    let (mut out, mut text) = (vec![], String::new());
    let end = Instant::now() + time;
    loop {
        out.clear();
        while Instant::now() < end && sent - acknowledged < u64::from(IN_FLIGHT) {
            let id = u16::try_from(sent % u64::from(IN_FLIGHT)).unwrap_or_default() + 1;
            text.clear();
            // A string takes whatever is written.
            let _ = payload(&mut text, readings, offset + sent);
            publish(&mut out, &topic, id, &text);
            sent += 1;
        }
        if !out.is_empty() {
            stream.write_all(&out).await?;
        }
        if sent == acknowledged {
            return Ok(acknowledged);
        }
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Err(std::io::Error::other("the server closed the connection"));
        }
        partial += read;
        acknowledged += (partial / PUBACK_BYTES) as u64;
        partial %= PUBACK_BYTES;
    }
}

/// Written in place, so that load costs little beside what takes it.
fn payload(out: &mut String, readings: usize, seq: u64) -> std::fmt::Result {
    const NAMES: [&str; 5] = [
        "ElectricalPowerMeasurement.ActivePower",
        "ElectricalPowerMeasurement.Voltage",
        "ElectricalPowerMeasurement.ActiveCurrent",
        "TemperatureMeasurement.MeasuredValue",
        "RelativeHumidityMeasurement.MeasuredValue",
    ];
    let time_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    write!(out, "{{\"v\":1,\"seq\":{seq},\"time\":{time_ms},\"readings\":[")?;
    for (nth, name) in NAMES[..readings].iter().enumerate() {
        let comma = if nth > 0 { "," } else { "" };
        write!(out, "{comma}{{\"attribute\":\"{name}\",\"value\":{}.{}}}", seq % 90, seq % 10)?;
    }
    out.write_str("]}")
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn with_length(out: &mut Vec<u8>, first: u8, body: &[u8]) {
    with_head(out, first, body.len());
    out.extend_from_slice(body);
}

fn with_head(out: &mut Vec<u8>, first: u8, mut length: usize) {
    out.push(first);
    loop {
        let digit = (length % 128) as u8;
        length /= 128;
        out.push(if length > 0 { digit | 0x80 } else { digit });
        if length == 0 {
            break;
        }
    }
}

fn connect(device: &Device) -> Vec<u8> {
    let with_login = !device.password.is_empty();
    let mut body = vec![];
    text(&mut body, "MQTT");
    body.extend_from_slice(&[4, if with_login { 0xC2 } else { 0x02 }, 0, 60]);
    text(&mut body, &device.id);
    if with_login {
        text(&mut body, &device.id);
        text(&mut body, &device.password);
    }
    let mut out = vec![];
    with_length(&mut out, 0x10, &body);
    out
}

pub fn publish(out: &mut Vec<u8>, topic: &str, id: u16, payload: &str) {
    with_head(out, 0x32, 2 + topic.len() + 2 + payload.len());
    text(out, topic);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(payload.as_bytes());
}
