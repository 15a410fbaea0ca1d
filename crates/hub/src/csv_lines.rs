//! Which line of a CSV file a record begins on, as an editor counts. The reader's own count stands before the blank
//! lines, and before the second half of a CRLF, that it skips on the way to a record.

pub(crate) struct Lines<'a> {
    text: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a [u8]) -> Lines<'a> {
        Lines { text, counted: 0, line: 1 }
    }

    /// The line of the first letter from here on; asked for in the order of the file.
    pub fn at(&mut self, byte: usize) -> u64 {
        let rest = self.text.get(byte..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let until = (byte + blank).min(self.text.len());
        let passed = self.text.get(self.counted..until).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = until.max(self.counted);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_both_halves_of_a_line_end_are_counted() {
        for end in ["\n", "\r\n"] {
            let text = ["heading", "a", "", "", "b", "\"two", "lines\"", "c"].join(end);
            let mut lines = Lines::of(text.as_bytes());
            let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
            let begins = reader.records().map(|record| record.unwrap().position().unwrap().byte());
            let found: Vec<u64> = begins.map(|byte| lines.at(byte as usize)).collect();
            assert_eq!(found, [2, 5, 6, 8], "{end:?}");
        }
    }
}
