//! Entry of `cargo xtask`: the house rules (`tidy`) and the generated files (`gen`), as one table of subcommands.
mod generate;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Every subcommand, so that `tidy` can hold the documents to the same list that `main` runs.
pub const SUBCOMMANDS: [&str; 2] = ["tidy", "gen"];

const USAGE: &str = "usage:
  cargo xtask tidy                            check the house rules
  cargo xtask gen                             write the generated files
  cargo xtask gen --check                     list stale files and API narrowings, write nothing
  cargo xtask gen --accept [--breaking WHY]   take docs/api/openapi.json as the new baseline";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = workspace_root();
    let outcome = match words.as_slice() {
        ["tidy"] => tidy::run(&root),
        ["gen"] => generate::write_all(&root),
        ["gen", "--check"] => generate::check(&root),
        ["gen", "--accept"] => generate::accept(&root, None),
        ["gen", "--accept", "--breaking", reason] => generate::accept(&root, Some(reason)),
        _ => Err(vec![USAGE.to_owned()]),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(findings) => {
            for finding in &findings {
                eprintln!("{finding}");
            }
            ExitCode::FAILURE
        }
    }
}

fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
