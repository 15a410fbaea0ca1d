//! The few MQTT 3.1.1 packets that a load needs, as bytes, and the cutting of a stream into packets.

/// A broken connection or an unexpected answer ends a measurement.
pub type Failure = String;

pub fn text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text);
}

pub fn packet(out: &mut Vec<u8>, first: u8, body: &[&[u8]]) {
    out.push(first);
    let mut length: usize = body.iter().map(|part| part.len()).sum();
    loop {
        let digit = (length % 128) as u8;
        length /= 128;
        out.push(if length > 0 { digit | 0x80 } else { digit });
        if length == 0 {
            break;
        }
    }
    body.iter().for_each(|part| out.extend_from_slice(part));
}

/// CONNECT with a clean session; `login` is user name and password.
pub fn connect(client_id: &str, keep_alive_s: u16, login: Option<(&str, &str)>) -> Vec<u8> {
    let mut body = Vec::new();
    text(&mut body, b"MQTT");
    body.extend_from_slice(&[4, if login.is_some() { 0xC2 } else { 2 }]);
    body.extend_from_slice(&keep_alive_s.to_be_bytes());
    text(&mut body, client_id.as_bytes());
    if let Some((name, password)) = login {
        text(&mut body, name.as_bytes());
        text(&mut body, password.as_bytes());
    }
    let mut out = Vec::new();
    packet(&mut out, 0x10, &[&body]);
    out
}

pub fn subscribe(filter: &str, qos: u8) -> Vec<u8> {
    let mut body = vec![0, 1];
    text(&mut body, filter.as_bytes());
    body.push(qos);
    let mut out = Vec::new();
    packet(&mut out, 0x82, &[&body]);
    out
}

/// Where the body of the first packet begins and where the packet ends; `None` while it is not whole.
pub fn first_packet(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (index, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            let body = index + 2;
            return (bytes.len() >= body + length).then_some((body, body + length));
        }
    }
    None
}
