//! What a demo prints while its devices tell their past: one line that grows on a terminal, a line for each tenth
//! elsewhere.

use std::io::{IsTerminal, Write};

use lares_twin::Telling;

pub struct TellingLines {
    in_place: bool,
    /// The tenth printed last.
    tenth: Option<u8>,
}

impl TellingLines {
    pub fn new() -> TellingLines {
        TellingLines { in_place: std::io::stdout().is_terminal(), tenth: None }
    }

    pub fn print(&mut self, telling: Telling) {
        let text = self.text(telling);
        let mut out = std::io::stdout().lock();
        // Nobody reads any more: the demo goes on.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    fn text(&mut self, telling: Telling) -> String {
        match telling {
            Telling::Begins(progress) => {
                let days = progress.until.since_ms(progress.from) / 86_400_000;
                let what =
                    if days > 0 { format!("{days} days of history") } else { "what was missed".to_owned() };
                let end = if self.in_place { "" } else { "\n" };
                format!("  The devices send {what}; everything works meanwhile.{end}")
            }
            Telling::Goes(progress) if self.in_place => {
                format!(
                    "\r  The devices send their history: {:3} %; everything works meanwhile.",
                    progress.percent()
                )
            }
            Telling::Goes(progress) => {
                let tenth = progress.percent() / 10;
                if self.tenth.is_some_and(|before| before >= tenth) {
                    return String::new();
                }
                self.tenth = Some(tenth);
                format!("  history: {} %\n", tenth * 10)
            }
            Telling::Ends { readings, took } => {
                let start = if self.in_place { "\r\x1b[K" } else { "" };
                format!("{start}  The history is complete: {readings} readings in {} s.\n", took.as_secs())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lares_model::UnixMillis;
    use lares_twin::Progress;

    use super::*;

    #[test]
    fn each_tenth_is_a_line_of_its_own_where_lines_stay() {
        let mut lines = TellingLines { in_place: false, tenth: None };
        let at = |percent: i64| Progress {
            from: UnixMillis(0),
            reached: UnixMillis(percent * 86_400_000),
            until: UnixMillis(100 * 86_400_000),
        };
        assert!(lines.text(Telling::Begins(at(0))).contains("100 days"));
        let printed: String = (0..=100).map(|percent| lines.text(Telling::Goes(at(percent)))).collect();
        assert_eq!(printed.lines().count(), 11);
        assert!(printed.ends_with("100 %\n"));
        let took = Duration::from_secs(41);
        assert!(lines.text(Telling::Ends { readings: 7, took }).contains("7 readings in 41 s"));
    }
}
