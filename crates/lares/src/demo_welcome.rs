//! What a demo prints once it can be visited: the address, how to sign in, what to click first, and who misbehaves.

use std::fmt::Write;
use std::path::Path;

use lares_twin::{Kind, Scenario};

use crate::demo_file::DemoFile;

pub fn welcome(file: &DemoFile, dir: &Path, scenario: &Scenario) -> String {
    let homes = match scenario.homes.len() {
        1 => "a simulated home".to_owned(),
        3 => "three simulated homes".to_owned(),
        count => format!("{count} simulated homes"),
    };
    format!(
        "\nLares is running with {homes}.\n\n  \
         portal     http://{}\n  \
         sign in    {}  {}\n  \
         API page   http://{}/api/docs/index.html\n\n  \
         What to click first:\n{}\n  \
         All that a script needs, a token and the spare device too, is in {}.\n  \
         Stop with Ctrl-C; the next start carries on.\n{}",
        file.http,
        file.owner.email,
        file.owner.password,
        file.http,
        first_steps(scenario),
        dir.join("demo.json").display(),
        misbehaving(scenario),
    )
}

/// Of what the scenario has: a plug both switches and measures.
fn first_steps(scenario: &Scenario) -> String {
    let plug = scenario.devices().find(|(_, device)| device.kind == Kind::Plug);
    match plug {
        Some((home, plug)) => format!(
            "  1. Open {}, then {}, and switch it.\n  \
             2. On the same page, look at the energy it took yesterday.\n  \
             3. Add a device of your own.\n",
            home.name, plug.name
        ),
        None => "  1. Open a home, and look around.\n  2. Add a device of your own.\n".to_owned(),
    }
}

fn misbehaving(scenario: &Scenario) -> String {
    let mut text = String::new();
    for (_, device) in scenario.devices().filter(|(_, device)| !device.misbehaviour.is_empty()) {
        let faults: Vec<_> = device.misbehaviour.iter().map(|one| one.fault.word()).collect();
        let _ = writeln!(text, "  Misbehaves on request: {} ({})", device.name, faults.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_click_first_is_in_the_scenario() {
        let mut demo = Scenario::demo().unwrap();
        assert!(first_steps(&demo).contains("Open Lindenstrasse 12, then Reading lamp"));
        assert_eq!(misbehaving(&demo), "");
        demo.misbehave("Fridge=wrong_clock").unwrap();
        assert_eq!(misbehaving(&demo), "  Misbehaves on request: Fridge (wrong_clock)\n");
        demo.homes[0].devices.retain(|device| device.kind == Kind::Lock);
        demo.homes.truncate(1);
        assert!(first_steps(&demo).contains("Open a home"));
    }
}
