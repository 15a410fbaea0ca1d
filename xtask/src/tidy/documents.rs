//! Rules on documents: a command that a reader is told to type exists, and the map of sources leaves nothing out.
use std::collections::{BTreeMap, BTreeSet};

/// Subcommands of the `lares` binary. A word here that the binary does not know would be a lie in the README; the
/// command-line test of the binary holds the two together.
const LARES_SUBCOMMANDS: [&str; 8] =
    ["serve", "demo", "check", "migrate", "admin", "generate", "help", "simulate"];

pub struct KnownCommands<'a> {
    targets: BTreeSet<&'a str>,
    xtask: &'a [&'a str],
}

impl<'a> KnownCommands<'a> {
    pub fn new(makefile: &'a str, xtask: &'a [&'a str]) -> Self {
        let is_target_character =
            |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        let target = |line: &'a str| {
            let (names, _) = line.split_once(':').filter(|(_, rest)| !rest.starts_with('='))?;
            names.chars().all(|character| is_target_character(character) || character == ' ').then_some(names)
        };
        let targets = makefile.lines().filter_map(target).flat_map(str::split_whitespace).collect();
        Self { targets, xtask }
    }

    /// The reason why `words`, a command line as typed, cannot work.
    fn refusal(&self, words: &[&str]) -> Option<String> {
        let is_option = |word: &&str| word.starts_with('-') || word.contains('=');
        let program = words.first()?.rsplit('/').next()?;
        match (program, &words[1..]) {
            ("make", rest) => {
                let target = rest.iter().find(|word| !is_option(word))?;
                (!self.targets.contains(target))
                    .then(|| format!("`make {target}`: the Makefile has no such target"))
            }
            ("cargo", ["xtask", task, ..]) => {
                (!self.xtask.contains(task)).then(|| format!("`cargo xtask {task}`: there is no such task"))
            }
            ("lares", [subcommand, ..]) if !is_option(subcommand) => (!LARES_SUBCOMMANDS
                .contains(subcommand))
            .then(|| format!("`lares {subcommand}`: there is no such subcommand")),
            _ => None,
        }
    }
}

pub fn check_commands(path: &str, text: &str, known: &KnownCommands) -> Vec<String> {
    let mut findings = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let snippets: Vec<&str> =
            if fenced { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
        for refusal in snippets.iter().flat_map(|snippet| refusals(snippet, known)) {
            findings.push(format!("{path}:{}: {refusal}", index + 1));
        }
    }
    findings
}

/// A snippet may chain commands, carry a prompt, set variables and end in a comment.
fn refusals(snippet: &str, known: &KnownCommands) -> Vec<String> {
    let command_line = snippet.split(" #").next().unwrap_or_default();
    let commands = command_line.split([';', '|', '&']).map(|command| {
        let words = command.split_whitespace();
        words.skip_while(|word| *word == "$" || *word == "sudo" || word.contains('=')).collect::<Vec<&str>>()
    });
    commands.filter_map(|words| known.refusal(&words)).collect()
}

/// `items` lists, under `[000]` headings, what each source names. In the map, below a heading that starts with the
/// same number, each item is the first cell of a table row whose other cells say where it went.
pub fn check_sources(map: &str, items: &str) -> Vec<String> {
    let listed = listed_items(items);
    let mapped = mapped_items(map);
    let mut findings = Vec::new();
    for (source, names) in &listed {
        for name in names {
            match mapped.get(source).and_then(|rows| rows.get(name)) {
                None => findings.push(format!("docs/sources.md: [{source}] `{name}` is not mapped")),
                Some(answer) if !*answer => {
                    findings.push(format!("docs/sources.md: [{source}] `{name}` has an empty cell"));
                }
                Some(_) => {}
            }
        }
    }
    for (source, rows) in &mapped {
        let known = |name: &String| listed.get(source).is_some_and(|names| names.contains(name));
        for name in rows.keys().filter(|name| !known(name)) {
            findings.push(format!("docs/sources-items.txt: [{source}] `{name}` is mapped but not listed"));
        }
    }
    findings
}

fn listed_items(items: &str) -> BTreeMap<&str, BTreeSet<String>> {
    let mut listed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut source = "";
    for line in items.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(number) => source = number,
            None => {
                listed.entry(source).or_default().insert(line.to_owned());
            }
        }
    }
    listed
}

/// Each mapped item, with whether every other cell of its row is filled.
fn mapped_items(map: &str) -> BTreeMap<&str, BTreeMap<String, bool>> {
    let mut mapped: BTreeMap<&str, BTreeMap<String, bool>> = BTreeMap::new();
    let mut source = "";
    for line in map.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            let word = heading.split_whitespace().next().unwrap_or_default();
            source = if word.chars().all(|character| character.is_ascii_digit()) { word } else { "" };
        }
        if source.is_empty() || !line.starts_with("| `") {
            continue;
        }
        let cells = table_cells(line);
        let name = cells.first().map(|cell| cell.trim_matches('`').to_owned()).unwrap_or_default();
        let filled = cells.len() > 1 && cells[1..].iter().all(|cell| !cell.is_empty());
        mapped.entry(source).or_default().insert(name, filled);
    }
    mapped
}

/// A `\|` inside a cell is a character of it, as Markdown has it.
fn table_cells(line: &str) -> Vec<String> {
    let hidden = line.replace("\\|", "\u{1}");
    let inner = hidden.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAKEFILE: &str =
        "CARGO := cargo\n.PHONY: run test\nrun: build\n\tcargo run\ntest check:\n\tcargo test\n";

    fn refused(text: &str) -> Vec<String> {
        check_commands("README.md", text, &KnownCommands::new(MAKEFILE, &["tidy", "gen"]))
    }

    #[test]
    fn commands_that_exist_pass_in_prose_and_in_fences() {
        let text = "Type `make run`, then `cargo xtask gen --check` or `lares demo --data x`.\n\
            ```sh\n$ make check # all\nPORT=1 ./target/release/lares serve && make test\ncargo build --bin lares\nlares --help\n```\n";
        assert_eq!(refused(text), Vec::<String>::new());
    }

    #[test]
    fn commands_that_do_not_exist_fail_with_their_line() {
        assert_eq!(
            refused("x\n`make runs`\n"),
            ["README.md:2: `make runs`: the Makefile has no such target"]
        );
        assert_eq!(refused("`cargo xtask lint`"), ["README.md:1: `cargo xtask lint`: there is no such task"]);
        assert_eq!(
            refused("```\nA=1 lares run\n```"),
            ["README.md:2: `lares run`: there is no such subcommand"]
        );
        assert_eq!(refused("```\ncd x && make CARGO\n```").len(), 1);
    }

    #[test]
    fn words_in_prose_are_not_commands() {
        assert_eq!(refused("make sure that lares runs; cargo xtask nothing\n"), Vec::<String>::new());
    }

    const ITEMS: &str = "# comment\n[000]\niot_devices\niot_devices.id\n[003]\na | b\n";
    const MAP: &str = "# Map\n## 000 First\n| item | where |\n|---|---|\n| `iot_devices` | devices |\n\
        | `iot_devices.id` | devices.id |\n## 003 Fourth\n| `a \\| b` | there |\n## Notes\n| `free` | |\n";

    #[test]
    fn a_full_map_passes() {
        assert_eq!(check_sources(MAP, ITEMS), Vec::<String>::new());
    }

    #[test]
    fn a_missing_empty_or_unlisted_item_fails() {
        let missing = MAP.replace("| `iot_devices.id` | devices.id |\n", "");
        assert_eq!(check_sources(&missing, ITEMS), ["docs/sources.md: [000] `iot_devices.id` is not mapped"]);
        let empty = MAP.replace("| devices.id |", "| |");
        assert_eq!(
            check_sources(&empty, ITEMS),
            ["docs/sources.md: [000] `iot_devices.id` has an empty cell"]
        );
        let unlisted = ITEMS.replace("iot_devices.id\n", "");
        let expected = ["docs/sources-items.txt: [000] `iot_devices.id` is mapped but not listed"];
        assert_eq!(check_sources(MAP, &unlisted), expected);
        let elsewhere = MAP.replace("## 003", "## 004");
        assert!(
            check_sources(&elsewhere, ITEMS)
                .contains(&"docs/sources.md: [003] `a | b` is not mapped".to_owned())
        );
    }
}
