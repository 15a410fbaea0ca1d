//! The configuration, declared once: defaults, the sample file, the manual and the refusal of unknown keys all come
//! from these structs. One TOML file, then environment variables such as `LARES_HTTP__BIND`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::config_accounts::{IdentityConfig, MailConfig, MailEncryption, RegistrationConfig};
pub use crate::config_mqtt::{MQTT_FOLLOWED, MqttConfig, MqttOrganisationConfig};
pub use crate::config_sign_in::{ProviderConfig, SignInConfig};
pub use crate::config_telemetry::{TelemetryConfig, TelemetryEngine};

const ENV_PREFIX: &str = "LARES_";
/// Read by the command line itself.
const ENV_ELSEWHERE: [&str; 3] = ["LARES_CONFIG", "LARES_DATA", "LARES_SOAK"];

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where everything lives: databases, keys, certificates. Made with owner-only permissions.
    pub data: DataDir,
    pub store: StoreConfig,
    pub telemetry: TelemetryConfig,
    pub http: HttpConfig,
    pub mqtt: MqttConfig,
    pub tls: TlsConfig,
    pub sign_in: SignInConfig,
    pub ingest: IngestConfig,
    pub commands: CommandsConfig,
    pub identity: IdentityConfig,
    pub mail: MailConfig,
    pub limits: LimitsConfig,
    pub log: LogConfig,
}

/// The data directory.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DataDir {
    /// A folder; made when missing.
    pub dir: PathBuf,
}

impl Default for DataDir {
    fn default() -> Self {
        DataDir { dir: PathBuf::from("lares-data") }
    }
}

/// The relational store.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// `postgres://user:password@host/database`; empty for SQLite in the data directory.
    pub url: String,
    /// Connections for reading.
    pub readers_max: u32,
}

impl Default for StoreConfig {
    fn default() -> Self {
        StoreConfig { url: String::new(), readers_max: 4 }
    }
}

/// The HTTP API.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Plain HTTP, for this machine and for reverse proxies on it. Empty: none.
    pub bind: String,
    /// HTTPS (TLS 1.2 and 1.3). Empty: none.
    pub tls_bind: String,
    /// Where people and apps reach this server, such as `https://lares.example.org`: the issuer of tokens, the home
    /// of passkeys and the start of links in mails. Empty: `http://localhost` with the port of `http.bind`.
    pub public_url: String,
    /// Largest body of a request.
    pub body_max_bytes: usize,
    /// Open connections at a time, for each listener.
    pub connections_max: usize,
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether `/metrics` answers others than loopback addresses.
    pub metrics_public: bool,
}

impl Default for HttpConfig {
    fn default() -> Self {
        HttpConfig {
            bind: "127.0.0.1:8080".to_owned(),
            tls_bind: "0.0.0.0:8443".to_owned(),
            public_url: String::new(),
            body_max_bytes: 1024 * 1024,
            connections_max: 4_096,
            trusted_proxies: vec![],
            metrics_public: false,
        }
    }
}

/// TLS material. When both files are empty, a self-signed authority and certificate are made in the data directory.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// Certificate chain, PEM, leaf first.
    pub certificate: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
    /// Names and addresses that the self-signed certificate is made for, besides `localhost`.
    pub names: Vec<String>,
    /// Whether the MQTT listener takes devices by certificate only. Otherwise one that shows none signs in with its
    /// secret.
    pub device_certificates_required: bool,
    /// Revocation lists of the device authority, PEM, followed without a restart; once one is past its `nextUpdate`
    /// nobody is let in by certificate. What the API revokes needs none: it counts at once. Empty: none.
    pub device_crl: PathBuf,
}

/// How far device clocks are believed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IngestConfig {
    /// A reading older than this on arrival is marked late.
    pub late_after_s: u32,
    /// A time stamp up to this far ahead is ordinary clock drift; further ahead it is marked future.
    pub ahead_ok_s: u32,
    /// Further ahead than this is refused.
    pub ahead_max_s: u32,
}

impl Default for IngestConfig {
    fn default() -> Self {
        IngestConfig { late_after_s: 15 * 60, ahead_ok_s: 60, ahead_max_s: 24 * 3_600 }
    }
}

/// Commands to devices.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CommandsConfig {
    /// From hand-over to proof; without proof by then a command is unconfirmed.
    pub confirm_within_s: u32,
    /// How often an idempotent command is handed over at most.
    pub attempts_max: u32,
}

impl Default for CommandsConfig {
    fn default() -> Self {
        CommandsConfig { confirm_within_s: 30, attempts_max: 3 }
    }
}

/// Bounds on callers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Requests of a signed-in user, per second; a burst of twice as many is taken.
    pub per_user_per_second: u32,
    /// Requests without a valid token from one address (IPv6: one /64), per second.
    pub per_network_per_second: u32,
    /// Open live connections (`/api/live`) at a time.
    pub live_connections_max: usize,
    /// Open live connections of one user at a time.
    pub live_connections_per_user: usize,
    /// A live connection whose client reads nothing for this long is cut off.
    pub live_unread_s: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        LimitsConfig {
            per_user_per_second: 500,
            per_network_per_second: 500,
            live_connections_max: 4_000,
            live_connections_per_user: 1_000,
            live_unread_s: 10,
        }
    }
}

/// What is logged, and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Levels as `tracing` words them, such as `info` or `info,lares_hub=debug`.
    pub level: String,
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        // Who starts it for the first time looks for the address, not for each step that made the tables.
        LogConfig { level: "info,sea_orm_migration=warn".to_owned(), format: LogFormat::Text }
    }
}

/// `text` for people, `json` for log collectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration file {0}: {1}")]
    Unreadable(PathBuf, String),
    #[error("{place}: unknown key `{key}`{hint}")]
    UnknownKey { place: String, key: String, hint: String },
    #[error("{0}")]
    Wrong(String),
}

impl Config {
    /// File, then environment, then the data directory given on the command line.
    pub fn load(
        file: Option<&Path>,
        data: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        // One that was named has to be there.
        let counts = |path: &PathBuf| file.is_some() || path.exists();
        let mut table = match Config::place(file, data).filter(counts) {
            None => toml::Table::new(),
            Some(path) => {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| ConfigError::Unreadable(path.clone(), error.to_string()))?;
                let table = text
                    .parse::<toml::Table>()
                    .map_err(|error| ConfigError::Unreadable(path.clone(), error.to_string()))?;
                refuse_unknown(&path.display().to_string(), &table)?;
                table
            }
        };
        for (name, value) in env {
            apply_env(&mut table, &name, &value)?;
        }
        let mut config: Config = table.try_into().map_err(|error| ConfigError::Wrong(error.to_string()))?;
        if let Some(data) = data {
            config.data.dir = data.to_path_buf();
        }
        config.check()?;
        Ok(config)
    }

    /// The file that counts, whether it is there or not.
    pub fn place(file: Option<&Path>, data: Option<&Path>) -> Option<PathBuf> {
        file.map(Path::to_path_buf).or_else(|| data.map(|data| data.join("lares.toml")))
    }

    /// Where people and apps reach the server, without a slash at the end. `http` is where its plain listener stands.
    pub fn public_url(&self, http: Option<SocketAddr>) -> String {
        if !self.http.public_url.is_empty() {
            return self.http.public_url.trim_end_matches('/').to_owned();
        }
        let plain = http.or_else(|| address("http.bind", &self.http.bind).ok().flatten());
        format!("http://localhost:{}", plain.map_or(8_080, |address| address.port()))
    }

    /// Where pages come from beside `public_url`: none where that was set, since one was chosen then. `https` is where
    /// the listener for TLS stands.
    pub fn other_origins(&self, https: Option<SocketAddr>) -> Vec<String> {
        let of = |address: SocketAddr| format!("https://localhost:{}", address.port());
        let https = https.or_else(|| address("http.tls_bind", &self.http.tls_bind).ok().flatten());
        if self.http.public_url.is_empty() { https.map(of).into_iter().collect() } else { vec![] }
    }

    /// The four ports in a row, on the same addresses.
    pub fn use_ports_from(&mut self, base: u16) -> Result<(), ConfigError> {
        if base > u16::MAX - 3 {
            return Err(ConfigError::Wrong(format!("--ports {base}: three more ports must follow it")));
        }
        let binds =
            [&mut self.http.bind, &mut self.http.tls_bind, &mut self.mqtt.bind, &mut self.mqtt.tls_bind];
        for (offset, bind) in (0..).zip(binds) {
            if let Some(mut address) = address("bind", bind)? {
                address.set_port(base + offset);
                *bind = address.to_string();
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        for (key, bind) in [
            ("http.bind", &self.http.bind),
            ("http.tls_bind", &self.http.tls_bind),
            ("mqtt.bind", &self.mqtt.bind),
            ("mqtt.tls_bind", &self.mqtt.tls_bind),
            ("mqtt.anonymous_bind", &self.mqtt.anonymous_bind),
        ] {
            address(key, bind)?;
        }
        for (key, bind) in
            [("mqtt.bind", &self.mqtt.bind), ("mqtt.anonymous_bind", &self.mqtt.anonymous_bind)]
        {
            let plain = address(key, bind)?;
            if plain.is_some_and(|plain| !plain.ip().is_loopback()) && !self.mqtt.plain_beyond_loopback {
                return Err(ConfigError::Wrong(format!(
                    "{key}: plain MQTT beyond loopback is unprotected; use mqtt.tls_bind, or set \
                     mqtt.plain_beyond_loopback = true"
                )));
            }
        }
        let url = &self.http.public_url;
        let is_origin = url.split_once("://").is_some_and(|(scheme, host)| {
            matches!(scheme, "http" | "https")
                && !host.is_empty()
                && !host.trim_end_matches('/').contains(['/', '?', '#', '@'])
        });
        if !url.is_empty() && !is_origin {
            return Err(ConfigError::Wrong(
                "http.public_url: must be a scheme and a host, such as https://lares.example.org".to_owned(),
            ));
        }
        if self.tls.certificate.as_os_str().is_empty() != self.tls.key.as_os_str().is_empty() {
            return Err(ConfigError::Wrong("tls.certificate and tls.key: give both or neither".to_owned()));
        }
        if self.limits.live_unread_s == 0 {
            return Err(ConfigError::Wrong("limits.live_unread_s: must be at least 1".to_owned()));
        }
        self.mqtt.check()?;
        self.telemetry.check()?;
        self.mail.check()?;
        self.sign_in.check()?;
        if !self.store.url.is_empty() && !self.store.url.starts_with("postgres") {
            return Err(ConfigError::Wrong(
                "store.url: must be a postgres:// URL, or empty for SQLite".to_owned(),
            ));
        }
        Ok(())
    }
}

/// An address to listen on; `None` when empty.
pub fn address(key: &str, text: &str) -> Result<Option<SocketAddr>, ConfigError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        ConfigError::Wrong(format!("{key}: {text:?} is not an address with a port, such as 127.0.0.1:8080"))
    })
}

/// The shape of the configuration: sections and their keys.
fn shape() -> toml::Table {
    toml::Table::try_from(Config::default()).unwrap_or_default()
}

fn refuse_unknown(place: &str, table: &toml::Table) -> Result<(), ConfigError> {
    let shape = shape();
    for (section, value) in table {
        let Some(known) = shape.get(section).and_then(toml::Value::as_table) else {
            return Err(unknown(place, section, shape.keys()));
        };
        for key in value.as_table().into_iter().flat_map(toml::Table::keys) {
            if !known.contains_key(key) {
                let full: Vec<_> = known.keys().map(|known| format!("{section}.{known}")).collect();
                return Err(unknown(place, &format!("{section}.{key}"), full.iter()));
            }
        }
    }
    Ok(())
}

fn unknown<'a>(place: &str, key: &str, known: impl Iterator<Item = &'a String>) -> ConfigError {
    let nearest =
        known.map(|known| (strsim::jaro_winkler(key, known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match nearest {
        Some((likeness, known)) if likeness > 0.75 => format!("; did you mean `{known}`?"),
        _ => String::new(),
    };
    ConfigError::UnknownKey { place: place.to_owned(), key: key.to_owned(), hint }
}

/// `LARES_HTTP__BIND=...` sets `http.bind`. The value is read as TOML where the key is not a text.
fn apply_env(table: &mut toml::Table, name: &str, value: &str) -> Result<(), ConfigError> {
    let Some(rest) = name.strip_prefix(ENV_PREFIX) else { return Ok(()) };
    if ENV_ELSEWHERE.contains(&name) {
        return Ok(());
    }
    let shape = shape();
    let path = rest.to_lowercase();
    let names: Vec<String> = shape
        .iter()
        .flat_map(|(section, keys)| {
            keys.as_table()
                .into_iter()
                .flat_map(move |keys| keys.keys().map(move |key| format!("{section}__{key}")))
        })
        .collect();
    let known =
        path.split_once("__").and_then(|(section, key)| Some((section, key, shape.get(section)?.get(key)?)));
    let Some((section, key, default)) = known else {
        let error = unknown("environment", &path, names.iter());
        return Err(match error {
            ConfigError::UnknownKey { hint, .. } => ConfigError::UnknownKey {
                place: "environment".to_owned(),
                key: name.to_owned(),
                hint: hint
                    .replace(&path, "")
                    .to_uppercase()
                    .replace("; DID YOU MEAN `", "; did you mean `LARES_"),
            },
            other => other,
        });
    };
    let parsed = if default.is_str() {
        toml::Value::String(value.to_owned())
    } else {
        format!("x = {value}")
            .parse::<toml::Table>()
            .ok()
            .and_then(|mut table| table.remove("x"))
            .ok_or_else(|| ConfigError::Wrong(format!("{name}: {value:?} is not a {}", default.type_str())))?
    };
    let section = table.entry(section.to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let Some(section) = section.as_table_mut() {
        section.insert(key.to_owned(), parsed);
    }
    Ok(())
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
