//! The configuration file, followed while the server runs: the bounds of `[mqtt]` hold once it says them, and what the
//! anonymous listener denies. Of what else was changed the log says that it waits for the next start. A file that is wrong changes nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lares_doors::mqtt::House;
use lares_mqtt::Broker;
use tokio::sync::watch;

use crate::cli::Common;
use crate::config::{Config, MQTT_FOLLOWED};
use crate::mqtt_door;

/// Twice the same in a row: a file that is written in two steps is not read between them.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Time and length of a file; `None` when there is none.
type Stamp = Option<(SystemTime, u64)>;

fn stamp(file: &Path) -> Stamp {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Until `stopped`. `standing` is what the server was started with, as the file had it.
pub async fn follow(
    common: Common,
    mut standing: Config,
    broker: Arc<Broker<House>>,
    mut stopped: watch::Receiver<bool>,
) {
    let Some(file) = common.place() else { return };
    let (mut seen, mut read): (Stamp, Option<Stamp>) = (stamp(&file), None);
    while !*stopped.borrow() {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.changed() => continue,
        }
        let now = stamp(&file);
        let settled = now == seen;
        seen = now;
        // The first time, too: it may have been changed while the server started.
        if !settled || read == Some(now) {
            continue;
        }
        read = Some(now);
        match common.load() {
            Ok(config) => standing = take(standing, config, &broker),
            Err(error) => tracing::error!(%error, "the changed configuration is not used"),
        }
    }
}

/// What stands now.
fn take(standing: Config, config: Config, broker: &Arc<Broker<House>>) -> Config {
    let changed = changes(&standing, &config);
    let (followed, others): (Vec<_>, Vec<_>) = changed.into_iter().partition(|key| is_followed(key));
    if !followed.is_empty() {
        mqtt_door::follow(broker, &config.mqtt);
        tracing::info!(keys = followed.join(", "), "the changed configuration holds");
    }
    if !others.is_empty() {
        tracing::warn!(keys = others.join(", "), "the changed configuration holds from the next start on");
    }
    config
}

fn is_followed(key: &str) -> bool {
    key.strip_prefix("mqtt.").is_some_and(|key| MQTT_FOLLOWED.contains(&key))
}

/// The keys with another value, as `section.key`. Values are not told: files with secrets are named there.
fn changes(before: &Config, after: &Config) -> Vec<String> {
    let table = |config: &Config| toml::Table::try_from(config).unwrap_or_default();
    let (before, after) = (table(before), table(after));
    let mut keys = Vec::new();
    for (section, value) in &after {
        for (key, value) in value.as_table().into_iter().flatten() {
            if before.get(section).and_then(|known| known.get(key)) != Some(value) {
                keys.push(format!("{section}.{key}"));
            }
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_named_and_what_holds_is_told_from_the_rest() {
        let before = Config::default();
        let mut after = before.clone();
        after.mqtt.organisation.sessions_max += 1;
        after.mqtt.queue_messages_max += 1;
        after.mqtt.anonymous_denied.push("a".to_owned());
        after.mqtt.bind = String::new();
        after.http.body_max_bytes += 1;
        assert_eq!(
            changes(&before, &after),
            [
                "http.body_max_bytes",
                "mqtt.anonymous_denied",
                "mqtt.bind",
                "mqtt.organisation",
                "mqtt.queue_messages_max"
            ]
        );
        let (followed, others): (Vec<_>, Vec<_>) =
            changes(&before, &after).into_iter().partition(|key| is_followed(key));
        assert_eq!(followed, ["mqtt.anonymous_denied", "mqtt.organisation", "mqtt.queue_messages_max"]);
        assert_eq!(others, ["http.body_max_bytes", "mqtt.bind"]);
        assert_eq!(changes(&before, &before), [""; 0]);
    }
}
