//! `cargo xtask gen`: files that come from the declarations in the code, written by the `lares` binary itself, and
//! the check that they are current and that the public API has not narrowed.
mod narrow;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const OPENAPI: &str = "docs/api/openapi.json";
const BASELINE: &str = "docs/api/baseline.json";
const TYPES: &str = "portal/src/api/schema.d.ts";
const CHANGELOG: &str = "CHANGELOG.md";

/// What `lares generate <what>` prints, and the file it belongs in. The API document comes first: the types need it.
const FILES: [(&str, &str); 4] = [
    ("openapi", OPENAPI),
    ("config-manual", "docs/config.md"),
    ("config-sample", "docs/lares.toml"),
    ("schema", "docs/schema.md"),
];

type Outcome = Result<(), Vec<String>>;

pub fn write_all(root: &Path) -> Outcome {
    for (what, path) in FILES {
        let text = lares_generate(root, what).map_err(|reason| vec![reason])?;
        write_if_changed(root, path, &text).map_err(|reason| vec![reason])?;
    }
    match typescript(root, &root.join(OPENAPI)).map_err(|reason| vec![reason])? {
        Some(types) => write_if_changed(root, TYPES, &types).map_err(|reason| vec![reason])?,
        None => println!("gen: {TYPES} left as it is: Node.js (node and npm) is not installed"),
    }
    if !root.join(BASELINE).exists() {
        println!("gen: there is no {BASELINE} yet; `cargo xtask gen --accept` makes it");
    }
    Ok(())
}

pub fn check(root: &Path) -> Outcome {
    let mut findings = Vec::new();
    let mut openapi = None;
    for (what, path) in FILES {
        match lares_generate(root, what) {
            Ok(text) => {
                findings.extend(stale(root, path, &text));
                if what == "openapi" {
                    openapi = Some(text);
                }
            }
            Err(reason) => findings.push(reason),
        }
    }
    if let Some(text) = openapi {
        findings.extend(check_types(root, &text));
        findings.extend(check_baseline(root, &text));
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

/// Takes the API document as the baseline that later ones are held to.
pub fn accept(root: &Path, breaking: Option<&str>) -> Outcome {
    let text = read(root, OPENAPI).map_err(|reason| vec![reason])?;
    let found = match root.join(BASELINE).exists() {
        true => check_baseline(root, &text),
        false => Vec::new(),
    };
    match breaking.map(str::trim) {
        Some("") => {
            return Err(vec!["gen: --breaking needs a reason for the people whose clients break".to_owned()]);
        }
        Some(reason) => {
            let changelog = read(root, CHANGELOG).map_err(|reason| vec![reason])?;
            let changed = with_breaking_entry(&changelog, reason).map_err(|reason| vec![reason])?;
            write_if_changed(root, CHANGELOG, &changed).map_err(|reason| vec![reason])?;
        }
        None if !found.is_empty() => return Err(found),
        None => {}
    }
    write_if_changed(root, BASELINE, &text).map_err(|reason| vec![reason])
}

fn check_types(root: &Path, openapi: &str) -> Vec<String> {
    // Under target, so that a check writes nothing that git sees.
    let fresh = root.join("target/xtask/openapi.json");
    let written = fs::create_dir_all(root.join("target/xtask")).and_then(|()| fs::write(&fresh, openapi));
    if let Err(error) = written {
        return vec![format!("{}: {error}", fresh.display())];
    }
    match typescript(root, &fresh) {
        Ok(Some(types)) => stale(root, TYPES, &types),
        Ok(None) if std::env::var_os("CI").is_some() => {
            vec![format!("gen: {TYPES} cannot be checked: Node.js (node and npm) is not installed")]
        }
        Ok(None) => {
            println!("gen: {TYPES} is not checked: Node.js (node and npm) is not installed");
            Vec::new()
        }
        Err(reason) => vec![reason],
    }
}

fn check_baseline(root: &Path, openapi: &str) -> Vec<String> {
    let parse = |path: &str, text: &str| {
        serde_json::from_str::<Value>(text).map_err(|error| format!("{path}: is not JSON: {error}"))
    };
    let baseline = match read(root, BASELINE).and_then(|text| parse(BASELINE, &text)) {
        Ok(baseline) => baseline,
        Err(reason) => return vec![format!("{reason}; `cargo xtask gen --accept` makes it")],
    };
    let current = match parse(OPENAPI, openapi) {
        Ok(current) => current,
        Err(reason) => return vec![reason],
    };
    let found = narrow::narrowings(&baseline, &current);
    let mut findings: Vec<String> =
        found.iter().map(|narrowing| format!("the API narrowed: {narrowing}")).collect();
    if !findings.is_empty() {
        findings.push("Keep what clients rely on, or `cargo xtask gen --accept --breaking WHY`.".to_owned());
    }
    findings
}

fn lares_generate(root: &Path, what: &str) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--bin", "lares", "--", "generate", what]).current_dir(root);
    let text = output_of(&mut command).map_err(|reason| format!("lares generate {what}: {reason}"))?;
    match text.trim().is_empty() {
        true => Err(format!("lares generate {what}: printed nothing")),
        false => Ok(text),
    }
}

/// None when there is no Node.js. The tool's version is the one pinned in portal/package-lock.json.
fn typescript(root: &Path, openapi: &Path) -> Result<Option<String>, String> {
    let portal = root.join("portal");
    let answers = |program: &str| output_of(Command::new(program).arg("--version")).is_ok();
    if !answers("node") || !answers("npm") {
        return Ok(None);
    }
    let tool = portal.join("node_modules/openapi-typescript/bin/cli.js");
    if !tool.exists() {
        let mut install = Command::new("npm");
        install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&portal);
        output_of(&mut install).map_err(|reason| format!("npm ci in portal: {reason}"))?;
    }
    // Without `--output` the tool prints the types and nothing else.
    let mut generate = Command::new("node");
    generate.arg(&tool).arg(openapi).current_dir(&portal).env("NO_COLOR", "1");
    output_of(&mut generate).map(Some).map_err(|reason| format!("openapi-typescript: {reason}"))
}

fn output_of(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}", output.status, said.trim()));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

fn stale(root: &Path, path: &str, fresh: &str) -> Vec<String> {
    match fs::read_to_string(root.join(path)) {
        Ok(present) if present == ended(fresh) => Vec::new(),
        Ok(_) => vec![format!("{path}: is stale, run `cargo xtask gen`")],
        Err(_) => vec![format!("{path}: is missing, run `cargo xtask gen`")],
    }
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))
}

fn write_if_changed(root: &Path, path: &str, text: &str) -> Result<(), String> {
    let target = root.join(path);
    let text = ended(text);
    if fs::read_to_string(&target).is_ok_and(|present| present == text) {
        return Ok(());
    }
    let folder = target.parent().unwrap_or(root);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&target, text))
        .map_err(|error| format!("{path}: {error}"))?;
    println!("gen: wrote {path}");
    Ok(())
}

/// Files end with one line feed, whatever the generator printed.
fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

/// The changelog with `reason` under "Breaking" of the unreleased section.
fn with_breaking_entry(changelog: &str, reason: &str) -> Result<String, String> {
    const UNRELEASED: &str = "## [Unreleased]\n";
    const BREAKING: &str = "### Breaking\n";
    let start =
        changelog.find(UNRELEASED).ok_or("CHANGELOG.md: has no `## [Unreleased]`")? + UNRELEASED.len();
    let section = &changelog[start..];
    let end = section.find("\n## [").map_or(section.len(), |offset| offset + 1);
    let one_line = reason.split_whitespace().collect::<Vec<&str>>().join(" ");
    let (at, entry) = match section[..end].find(BREAKING) {
        Some(offset) => (start + offset + BREAKING.len(), format!("- API: {one_line}\n")),
        None => (start, format!("\n{BREAKING}- API: {one_line}\n")),
    };
    Ok(format!("{}{entry}{}", &changelog[..at], &changelog[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str =
        "# Changelog\n\n## [Unreleased]\n\n### Added\n- A\n\n## [0.1.0]\n\n### Breaking\n- old\n";

    #[test]
    fn a_breaking_entry_goes_into_the_unreleased_section_only() {
        let once = with_breaking_entry(CHANGELOG, "rooms lost\n their colour").unwrap();
        let twice = with_breaking_entry(&once, "second").unwrap();
        let expected =
            "## [Unreleased]\n\n### Breaking\n- API: second\n- API: rooms lost their colour\n\n### Added\n";
        assert!(twice.contains(expected), "{twice}");
        assert!(twice.ends_with("## [0.1.0]\n\n### Breaking\n- old\n"));
    }

    #[test]
    fn a_changelog_without_an_unreleased_section_is_refused() {
        assert!(with_breaking_entry("# Changelog\n", "x").is_err());
    }

    #[test]
    fn accept_refuses_a_narrowing_unless_it_is_called_breaking() {
        let root = std::env::temp_dir().join(format!("lares-xtask-accept-{}", std::process::id()));
        let put = |path: &str, text: &str| {
            fs::create_dir_all(root.join("docs/api")).unwrap();
            fs::write(root.join(path), text).unwrap();
        };
        put(OPENAPI, r#"{"paths":{}}"#);
        put(BASELINE, r#"{"paths":{"/a":{"get":{}}}}"#);
        put("CHANGELOG.md", CHANGELOG);
        assert!(accept(&root, None).unwrap_err()[0].contains("/paths/~1a"));
        assert!(accept(&root, Some("  ")).is_err());
        assert!(read(&root, BASELINE).unwrap().contains("/a"), "a refusal leaves the baseline as it was");
        accept(&root, Some("nobody used it")).unwrap();
        assert_eq!(read(&root, BASELINE).unwrap().trim(), r#"{"paths":{}}"#);
        assert!(read(&root, "CHANGELOG.md").unwrap().contains("- API: nobody used it\n"));
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_stale_file_is_listed_and_a_current_one_is_not() {
        let root = std::env::temp_dir().join(format!("lares-xtask-stale-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        assert_eq!(stale(&root, "a.md", "new"), ["a.md: is missing, run `cargo xtask gen`"]);
        write_if_changed(&root, "a.md", "new\n\n").unwrap();
        assert_eq!(stale(&root, "a.md", "new"), Vec::<String>::new());
        assert_eq!(stale(&root, "a.md", "newer"), ["a.md: is stale, run `cargo xtask gen`"]);
        fs::remove_dir_all(&root).unwrap();
    }
}
