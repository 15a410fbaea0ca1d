//! House rules as a test: what STYLE would otherwise be, a wish. Each rule is a pure function from text to findings;
//! only this file reads the disk.
mod documents;
mod layers;
mod rust_tokens;
mod texts;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A file of the project, read once and given to every rule.
pub struct SourceFile {
    /// Relative to the workspace root, with forward slashes.
    pub path: String,
    pub text: String,
}

pub fn run(root: &Path) -> Result<(), Vec<String>> {
    let files = read_files(root)?;
    let mut findings = Vec::new();
    for file in &files {
        findings.extend(texts::check(file));
        if file.path.ends_with(".rs") {
            findings.extend(rust_tokens::check(file));
        }
    }
    findings.extend(check_documents(&files));
    findings.extend(check_workspace(root, &files));
    if findings.is_empty() {
        println!("tidy: {} files, nothing to say", files.len());
        return Ok(());
    }
    findings.push(format!("tidy: {} findings in {} files", findings.len(), files.len()));
    Err(findings)
}

fn check_documents(files: &[SourceFile]) -> Vec<String> {
    let text_of = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let mut findings = Vec::new();
    match text_of("Makefile") {
        Some(makefile) => {
            let known = documents::KnownCommands::new(makefile, &crate::SUBCOMMANDS);
            for path in ["README.md", "CONTRIBUTING.md"] {
                match text_of(path) {
                    Some(text) => findings.extend(documents::check_commands(path, text, &known)),
                    None => findings.push(format!("{path}: is missing")),
                }
            }
        }
        None => findings.push("Makefile: is missing".to_owned()),
    }
    match (text_of("docs/sources.md"), text_of("docs/sources-items.txt")) {
        (Some(map), Some(items)) => findings.extend(documents::check_sources(map, items)),
        _ => findings.push("docs/sources.md or docs/sources-items.txt: is missing".to_owned()),
    }
    findings
}

fn check_workspace(root: &Path, files: &[SourceFile]) -> Vec<String> {
    let metadata = match cargo_metadata(root) {
        Ok(metadata) => metadata,
        Err(reason) => return vec![reason],
    };
    let packages = layers::packages(&metadata, root);
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut findings = Vec::new();
    match files.iter().find(|file| file.path == "ARCHITECTURE.md") {
        Some(file) => findings.extend(layers::check(&file.text, &packages)),
        None => findings.push("ARCHITECTURE.md: is missing".to_owned()),
    }
    for package in &packages {
        let documented = paths.contains(format!("{}/README.md", package.directory).as_str())
            || ["lib.rs", "main.rs"].iter().any(|name| {
                let path = format!("{}/src/{name}", package.directory);
                files.iter().any(|file| file.path == path && file.text.starts_with("//!"))
            });
        if !documented {
            findings.push(format!(
                "{}: crate has neither a README.md nor `//!` in lib.rs or main.rs",
                package.directory
            ));
        }
    }
    findings
}

fn cargo_metadata(root: &Path) -> Result<serde_json::Value, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

/// What git tracks or would track: a new file is held to the rules before it is added.
fn read_files(root: &Path) -> Result<Vec<SourceFile>, Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| vec![format!("git ls-files: {error}")])?;
    if !output.status.success() {
        return Err(vec!["git ls-files failed: tidy needs a git checkout".to_owned()]);
    }
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let paths: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    // A file that is not UTF-8 (an image) has no text to judge; one that was deleted but not committed is gone.
    let read =
        |path: &str| std::fs::read(root.join(path)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(paths
        .into_iter()
        .filter_map(|path| read(path).map(|text| SourceFile { path: path.to_owned(), text }))
        .collect())
}
