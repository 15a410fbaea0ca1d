//! Processes by their number: all that descend from one, and signals to them. A server that is not its turn is stopped
//! with all its children, so that its work in the background slows nobody but itself.

use std::path::Path;
use std::process::{Command, Stdio};

/// The process and all below it, parents first.
pub fn family(of: u32) -> Vec<u32> {
    let parents = parents();
    let mut family = vec![of];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        at += 1;
    }
    family
}

/// (process, parent) of every process there is.
fn parents() -> Vec<(u32, u32)> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            Some((process, parent_in(&std::fs::read_to_string(entry.path().join("stat")).ok()?)?))
        })
        .collect()
}

/// The name in parentheses may hold anything; the state and the parent come after the last one.
fn parent_in(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// What a process holds of the machine's memory, its share of what it has in common with others included; 0 of one
/// that is gone.
pub fn memory_mib(process: u32) -> f64 {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
    let kib: f64 = line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0.0);
    kib / 1_024.0
}

/// Some of them may be gone already.
pub fn signal(signal: &str, processes: &[u32]) {
    let numbers = processes.iter().map(u32::to_string);
    let sent = Command::new("kill").arg(format!("-{signal}")).args(numbers).stderr(Stdio::null()).status();
    if let Err(error) = sent {
        eprintln!("kill: {error}");
    }
}

/// Until none of a family forks any more behind the signal's back.
pub fn stop(of: u32) -> Vec<u32> {
    let mut stopped = vec![];
    loop {
        let family = family(of);
        let new: Vec<u32> = family.iter().filter(|process| !stopped.contains(*process)).copied().collect();
        if new.is_empty() {
            return family;
        }
        signal("STOP", &new);
        stopped.extend(new);
    }
}

/// Writes dirty pages below a folder out, so that nobody waits for somebody else's.
pub fn sync(folder: &Path) {
    if let Err(error) = Command::new("sync").arg("-f").arg(folder).status() {
        eprintln!("sync: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_parent() {
        assert_eq!(parent_in("12 (a) b (c)) S 7 12 12 0 -1"), Some(7));
        assert_eq!(parent_in("nonsense"), None);
    }

    #[test]
    fn this_process_holds_some_memory_and_no_process_none() {
        assert!(memory_mib(std::process::id()) > 1.0);
        assert_eq!(memory_mib(u32::MAX), 0.0);
    }

    #[test]
    fn children_of_children_belong_to_the_family() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 30 & echo started; wait"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(shell.stdout.take().unwrap()), &mut line)
            .unwrap();
        let family = family(shell.id());
        assert_eq!((family.len(), family[0]), (2, shell.id()));
        signal("KILL", &family);
        shell.wait().unwrap();
    }
}
