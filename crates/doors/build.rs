//! Embeds the built portal: a list of the files of `portal/dist`, each with its bytes. Without them the list is empty,
//! and the binary builds all the same.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let dist = here.join("../../portal/dist");
    // So that there is something to watch: Cargo takes a missing path for a changed one, and builds each time.
    let _ = fs::create_dir_all(&dist);
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    collect(&dist, "", &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for (path, file) in files {
        list.push_str(&format!("    ({path:?}, include_bytes!({:?})),\n", file.display().to_string()));
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("portal_files.rs"), list)
}

/// Every file below `folder` with its path as a URL has it. Source maps are for development only.
fn collect(folder: &Path, url: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let url = format!("{url}/{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &url, files)?;
        } else if !name.ends_with(".map") && !name.starts_with('.') {
            files.push((url, entry.path()));
        }
    }
    Ok(())
}
