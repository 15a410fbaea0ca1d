//! Rules on any text file: the opening reason, names that say nothing, emoji, paths of somebody's machine, and the
//! length of source that is not Rust.
use super::SourceFile;
use super::rust_tokens::FILE_LINES;

pub const FORBIDDEN_NAMES: [&str; 5] = ["utils", "util", "helpers", "common", "misc"];
const SOURCE_ENDINGS: [&str; 8] = ["rs", "ts", "tsx", "css", "js", "py", "sh", "mjs"];
/// Written by a tool from another file; its form is the tool's.
const GENERATED: [&str; 1] = ["portal/src/api/schema.d.ts"];
const REASON_LINES: usize = 5;
const REASON_WORDS: usize = 3;
/// Written in halves, so that this file passes its own rule.
const MACHINE_PATHS: [&str; 3] = [concat!("/ro", "ot"), concat!("/ho", "me/"), concat!("/wo", "rk")];

pub fn check(file: &SourceFile) -> Vec<String> {
    let mut findings = Vec::new();
    findings.extend(check_name(&file.path));
    findings.extend(check_characters(file));
    let ending = file.path.rsplit('.').next().unwrap_or_default();
    if !SOURCE_ENDINGS.contains(&ending) || GENERATED.contains(&file.path.as_str()) {
        return findings;
    }
    if let Err(reason) = check_reason(&file.text, ending) {
        findings.push(format!("{}:1: {reason}", file.path));
    }
    let lines = file.text.lines().count();
    if ending != "rs" && lines > FILE_LINES && !is_test_path(&file.path) {
        findings.push(format!("{}: {lines} lines, at most {FILE_LINES}", file.path));
    }
    findings
}

pub fn is_test_path(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    name == "tests.rs"
        || name.ends_with("_tests.rs")
        || name.contains(".test.")
        || folders.split('/').any(|folder| folder == "tests" || folder == "benches")
}

fn check_name(path: &str) -> Option<String> {
    let named_so = |part: &str| FORBIDDEN_NAMES.contains(&part.split('.').next().unwrap_or(part));
    let part = path.split('/').find(|part| named_so(part))?;
    Some(format!("{path}: `{part}` says nothing: code lives with its noun"))
}

fn check_characters(file: &SourceFile) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if let Some(character) = line.chars().find(|character| is_emoji(*character)) {
            let code = u32::from(character);
            findings.push(format!("{}:{}: an emoji (U+{code:04X})", file.path, index + 1));
        }
        if let Some(found) = machine_path(line) {
            findings.push(format!("{}:{}: `{found}` is a path of one machine", file.path, index + 1));
        }
    }
    findings
}

fn is_emoji(character: char) -> bool {
    matches!(u32::from(character), 0x2600..=0x27BF | 0x2B50 | 0x2B55 | 0xFE0F | 0x1F000..=0x1FAFF)
}

/// A path counts where it begins (`x/root` is a part of another path) and ends (`/workers` is another word).
fn machine_path(line: &str) -> Option<&'static str> {
    MACHINE_PATHS.into_iter().find(|path| {
        line.match_indices(path).any(|(start, _)| {
            let before = line[..start].chars().next_back();
            let after = line[start + path.len()..].chars().next();
            let begins =
                before.is_none_or(|character| !is_path_character(character) && !"/}])*".contains(character));
            let ends = match path.ends_with('/') {
                true => after.is_some_and(char::is_alphanumeric),
                false => after.is_none_or(|character| !is_path_character(character)),
            };
            begins && ends
        })
    })
}

fn is_path_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.')
}

/// The file opens with a comment, at once or after a shebang, whose first paragraph has one to five lines.
fn check_reason(text: &str, ending: &str) -> Result<(), String> {
    let mut lines =
        text.lines().skip_while(|line| line.starts_with("#!") && !line.starts_with("#![")).peekable();
    let paragraph: Vec<String> = match lines.peek().copied().map(str::trim_start) {
        Some(first) if first.starts_with("/*") => block_comment(&mut lines),
        _ => {
            let marks: &[&str] = match ending {
                "py" | "sh" => &["#"],
                _ => &["//!", "//"],
            };
            lines.map_while(|line| content(line, marks)).take_while(|line| !line.is_empty()).collect()
        }
    };
    let words: usize = paragraph.iter().map(|line| line.split_whitespace().count()).sum();
    if words < REASON_WORDS {
        return Err("does not open with its reason to exist".to_owned());
    }
    if paragraph.len() > REASON_LINES {
        return Err(format!("opens with {} lines of reason, at most {REASON_LINES}", paragraph.len()));
    }
    Ok(())
}

fn content(line: &str, marks: &[&str]) -> Option<String> {
    let after = marks.iter().find_map(|mark| line.strip_prefix(mark))?;
    Some(after.trim().to_owned())
}

fn block_comment<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut paragraph = Vec::new();
    for line in lines {
        let inner = line.trim().trim_start_matches("/*").trim_end_matches("*/").trim_matches(['*', ' ']);
        if !inner.is_empty() {
            paragraph.push(inner.to_owned());
        }
        if line.contains("*/") {
            break;
        }
    }
    paragraph
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&SourceFile { path: path.to_owned(), text: text.to_owned() })
    }

    fn passes(path: &str, text: &str) {
        assert_eq!(findings(path, text), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_source_may_open_with_its_reason() {
        passes("a.rs", "//! Counts the sheep.\nfn f() {}\n");
        passes("a.rs", "// Counts the sheep.\nfn f() {}\n");
        passes("a.rs", "//! Counts the sheep.\n//!\n//! More.\n//! More.\n//! More.\n//! More.\n//! More.\n");
        passes("a.sh", "#!/usr/bin/env bash\n# Counts the sheep.\nset -e\n");
        passes("a.py", "# Counts the sheep.\nimport os\n");
        passes("a.ts", "/* Counts the sheep. */\n");
        passes("a.tsx", "/**\n * Counts the sheep.\n */\n");
        passes("a.mjs", "// Counts the sheep.\n");
        passes("a.toml", "no = \"rule\"\n");
    }

    #[test]
    fn a_missing_short_or_long_reason_fails() {
        for text in [
            "fn f() {}\n",
            "\n//! Late by one line.\n",
            "//! Sheep.\n",
            "",
            "#![allow(x)]\n//! Not first, this.\n",
        ] {
            assert_eq!(
                findings("a.rs", text),
                ["a.rs:1: does not open with its reason to exist"],
                "{text:?}"
            );
        }
        let long = "//! Six lines of this.\n".repeat(6);
        assert_eq!(findings("a.rs", &long), ["a.rs:1: opens with 6 lines of reason, at most 5"]);
        assert_eq!(findings("a.sh", "#!/bin/sh\nset -e\n").len(), 1);
        assert_eq!(findings("a.py", "\"\"\"A docstring is no comment.\"\"\"\n").len(), 1);
    }

    #[test]
    fn names_that_say_nothing_fail_as_file_and_as_folder() {
        for path in ["src/utils.rs", "src/helpers/a.txt", "common.sh", "x/misc.test.ts", "util/a.md"] {
            let text = "// Counts the sheep.\n# Counts the sheep.\n";
            assert!(findings(path, text).iter().any(|finding| finding.contains("says nothing")), "{path}");
        }
        passes("src/commons.txt", "");
        passes("src/utility_meter.md", "");
    }

    #[test]
    fn emoji_fail_and_arrows_and_degrees_pass() {
        assert_eq!(findings("a.md", "fine\nbad \u{1F680}\n"), ["a.md:2: an emoji (U+1F680)"]);
        assert_eq!(findings("a.md", "bad \u{2705}\n"), ["a.md:1: an emoji (U+2705)"]);
        passes("a.md", "20 \u{b0}C \u{2192} 21 \u{b0}C \u{2026}\n");
    }

    #[test]
    fn paths_of_one_machine_fail_and_words_that_contain_them_pass() {
        for path in [
            concat!("/ro", "ot/x"),
            concat!("/ho", "me/anna"),
            concat!("(/wo", "rk)"),
            concat!("/wo", "rk/a"),
        ] {
            assert_eq!(findings("a.md", &format!("see {path}\n")).len(), 1, "{path}");
        }
        let fine =
            concat!("/api/ho", "mes /wo", "rkers a/wo", "rk lib/ro", "ot /ro", "oted /ho", "me/{id} \n");
        passes("a.md", fine);
    }

    #[test]
    fn long_scripts_fail_and_long_tests_and_generated_files_pass() {
        let text = format!("// Counts the sheep.\n{}", "x();\n".repeat(500));
        assert_eq!(findings("a.ts", &text), ["a.ts: 501 lines, at most 500"]);
        passes("portal/tests/a.ts", &text);
        passes("portal/src/a.test.ts", &text);
        passes("portal/src/api/schema.d.ts", &text);
    }
}
