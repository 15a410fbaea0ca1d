//! The data representations of section 1.5: integers, strings, binary data, and the reader and writer of them.

use std::fmt;
use std::ops::Deref;

use bytes::{BufMut, Bytes, BytesMut};

use super::violation::Violation;

/// The largest variable byte integer, and so the largest remaining length.
pub const VARIABLE_MAX: u32 = 268_435_455;

/// UTF-8 without NUL and of at most 65,535 bytes; a slice of the packet it came from.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Text(Bytes);

impl Text {
    /// `None` when `text` is too long for the wire or contains NUL.
    pub fn new(text: impl Into<String>) -> Option<Text> {
        let text: String = text.into();
        (text.len() <= usize::from(u16::MAX) && !text.contains('\0')).then(|| Text(Bytes::from(text)))
    }

    pub fn as_str(&self) -> &str {
        // The constructors are the only way in and have checked this.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// A copy that does not keep the whole read buffer alive.
    pub fn detached(&self) -> Text {
        Text(Bytes::copy_from_slice(&self.0))
    }

    fn checked(bytes: Bytes) -> Result<Text, Violation> {
        // [MQTT-1.5.4-2]
        if bytes.contains(&0) {
            return Err(Violation::Nul);
        }
        // [MQTT-1.5.4-1]; Rust refuses surrogates as well.
        std::str::from_utf8(&bytes).map_err(|_| Violation::Utf8)?;
        Ok(Text(bytes))
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads one packet's body; every result is a slice of it.
pub(crate) struct Reader<'a> {
    body: &'a Bytes,
    at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    pub fn new(body: &'a Bytes) -> Self {
        Reader { body, at: 0, end: body.len() }
    }

    pub fn is_empty(&self) -> bool {
        self.at == self.end
    }

    /// A reader of the next `length` bytes, which this one skips.
    pub fn part(&mut self, length: usize, what: &'static str) -> Result<Reader<'a>, Violation> {
        let at = self.advance(length, what)?;
        Ok(Reader { body: self.body, at, end: self.at })
    }

    fn advance(&mut self, length: usize, what: &'static str) -> Result<usize, Violation> {
        if self.end - self.at < length {
            return Err(Violation::Truncated(what));
        }
        let at = self.at;
        self.at += length;
        Ok(at)
    }

    pub fn take(&mut self, length: usize, what: &'static str) -> Result<Bytes, Violation> {
        let at = self.advance(length, what)?;
        Ok(self.body.slice(at..at + length))
    }

    pub fn rest(&mut self) -> Bytes {
        let rest = self.body.slice(self.at..self.end);
        self.at = self.end;
        rest
    }

    pub fn u8(&mut self, what: &'static str) -> Result<u8, Violation> {
        let at = self.advance(1, what)?;
        Ok(self.body[at])
    }

    pub fn u16(&mut self, what: &'static str) -> Result<u16, Violation> {
        let at = self.advance(2, what)?;
        Ok(u16::from_be_bytes([self.body[at], self.body[at + 1]]))
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, Violation> {
        let high = self.u16(what)?;
        let low = self.u16(what)?;
        Ok(u32::from(high) << 16 | u32::from(low))
    }

    pub fn binary(&mut self, what: &'static str) -> Result<Bytes, Violation> {
        let length = self.u16(what)?;
        self.take(usize::from(length), what)
    }

    pub fn text(&mut self, what: &'static str) -> Result<Text, Violation> {
        Text::checked(self.binary(what)?)
    }

    pub fn variable(&mut self, what: &'static str) -> Result<u32, Violation> {
        let (value, width) = variable(&self.body[self.at..self.end])
            .ok_or(Violation::VariableByteInteger)?
            .ok_or(Violation::Truncated(what))?;
        self.at += width;
        Ok(value)
    }
}

/// `None` when malformed, `Some(None)` when more bytes are needed, else the value and its width.
pub(crate) fn variable(bytes: &[u8]) -> Option<Option<(u32, usize)>> {
    let mut value = 0u32;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            // [MQTT-1.5.5-1] the encoding uses as few bytes as it can.
            let padded = index > 0 && *byte == 0;
            return (!padded).then_some(Some((value, index + 1)));
        }
    }
    if bytes.len() >= 4 { None } else { Some(None) }
}

/// Where an encoder writes: a buffer, or a counter that only learns the length.
pub(crate) trait Put {
    fn bytes(&mut self, bytes: &[u8]);

    fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }
    fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }
    fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }
    fn binary(&mut self, bytes: &[u8]) {
        // Longer data is refused before anything is written: see `encode`.
        self.u16(bytes.len().min(usize::from(u16::MAX)) as u16);
        self.bytes(bytes);
    }
    fn variable(&mut self, mut value: u32) {
        loop {
            let byte = (value & 0x7F) as u8;
            value >>= 7;
            if value == 0 {
                return self.u8(byte);
            }
            self.u8(byte | 0x80);
        }
    }
}

#[derive(Default)]
pub(crate) struct Counter(pub usize);

impl Put for Counter {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

impl Put for BytesMut {
    fn bytes(&mut self, bytes: &[u8]) {
        self.put_slice(bytes);
    }
}
