//! The configuration of telemetry: the engine that readings are sealed into, how much of the disk and of series it
//! takes, and how much one question may go through.

use std::path::PathBuf;

use lares_model::history::QueryLimits;
use lares_telemetry::Limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;

/// Where sealed readings are kept, and how much is taken and answered. What comes in is always logged in the data
/// directory first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    pub engine: TelemetryEngine,
    /// Of a Prometheus-compatible engine, such as `http://127.0.0.1:8428`; `/api/v1/write`, `/api/v1/query` and
    /// `/api/v1/admin/tsdb/delete_series` come behind it.
    pub url: String,
    /// With `password_file`: basic authentication.
    pub username: String,
    /// A file with the password.
    pub password_file: PathBuf,
    /// A file with a bearer token, instead of a password.
    pub bearer_file: PathBuf,
    /// Authorities that vouch for an `https://` engine, PEM. Empty: the public ones.
    pub ca_file: PathBuf,
    /// How long a request to the engine may take.
    pub answer_within_s: u32,
    /// What the engine took is kept in the data directory for so long, since it may lose its last writes when it or
    /// its machine fails.
    pub confirm_after_s: u32,
    /// From here on the log's oldest entries are sealed and let go of. It bounds what is in memory too, at about five
    /// times as much.
    pub log_bytes: u64,
    /// From here on devices wait until the engine has caught up: while that is away, the log is as long as this.
    pub log_bytes_refused: u64,
    /// Series (endpoints and attributes) of one device. Beyond, what brings further ones is refused.
    pub device_series_max: usize,
    /// Series of one organisation.
    pub organisation_series_max: usize,
    /// Values that one organisation may have stored. Beyond, its readings are refused until some are removed or grow
    /// old. 0: as many as there is space for.
    pub organisation_points_max: u64,
    /// Largest text value. A Prometheus-compatible engine takes 16 KiB at most.
    pub text_bytes_max: usize,
    /// Days that one question for a history may span.
    pub query_days_max: u32,
    /// Readings that one chart is made of.
    pub query_points_max: u64,
    /// Buckets of all series together in one answer.
    pub query_buckets_max: usize,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        let (limits, query) = (Limits::default(), QueryLimits::default());
        TelemetryConfig {
            engine: TelemetryEngine::Embedded,
            url: String::new(),
            username: String::new(),
            password_file: PathBuf::new(),
            bearer_file: PathBuf::new(),
            ca_file: PathBuf::new(),
            answer_within_s: 30,
            confirm_after_s: 60,
            log_bytes: limits.log_bytes,
            log_bytes_refused: limits.log_bytes_refused,
            device_series_max: limits.series_per_device,
            organisation_series_max: limits.series_per_organisation,
            organisation_points_max: limits.points_per_organisation.unwrap_or(0),
            text_bytes_max: limits.text_bytes,
            query_days_max: query.days,
            query_points_max: query.points,
            query_buckets_max: query.buckets,
        }
    }
}

/// `embedded` for a file in the data directory, `prometheus` for an engine that speaks Prometheus remote write and
/// PromQL, such as VictoriaMetrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TelemetryEngine {
    Embedded,
    Prometheus,
}

/// A shorter log would be sealed with every message.
const LOG_BYTES_MIN: u64 = 64 * 1024;
/// Positions of the log's bytes are signed integers of SQLite; nobody has such a disk.
const LOG_BYTES_MAX: u64 = 1 << 40;
/// A reader of SQLite takes no larger value, and a message is far smaller.
const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// The calendar of a time zone ends somewhere.
const QUERY_DAYS_MAX: u32 = 36_600;

impl TelemetryConfig {
    pub fn check(&self) -> Result<(), ConfigError> {
        self.check_engine()?;
        self.check_limits()
    }

    fn check_engine(&self) -> Result<(), ConfigError> {
        let is_set = |path: &PathBuf| !path.as_os_str().is_empty();
        let wrong = if self.engine == TelemetryEngine::Embedded {
            let mut files = [&self.password_file, &self.bearer_file, &self.ca_file].into_iter();
            let unused = !self.url.is_empty() || !self.username.is_empty() || files.any(is_set);
            unused.then_some("telemetry.url and what belongs to it need telemetry.engine = \"prometheus\"")
        } else if !(self.url.starts_with("http://") || self.url.starts_with("https://")) {
            Some("telemetry.url: must be an http:// or https:// URL")
        } else if self.username.is_empty() == is_set(&self.password_file) {
            Some("telemetry.username and telemetry.password_file: give both or neither")
        } else if is_set(&self.password_file) && is_set(&self.bearer_file) {
            Some("telemetry.password_file and telemetry.bearer_file: give one of them")
        } else if self.organisation_points_max > 0 {
            Some(
                "telemetry.organisation_points_max: needs telemetry.engine = \"embedded\"; what another engine holds \
                 cannot be counted",
            )
        } else {
            (self.answer_within_s == 0).then_some("telemetry.answer_within_s: must be at least 1")
        };
        wrong.map_or(Ok(()), |wrong| Err(ConfigError::Wrong(wrong.to_owned())))
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        let buckets_of_one = u64::from(lares_model::history::BUCKETS_MAX);
        for (key, value, least, most) in [
            ("log_bytes", self.log_bytes, LOG_BYTES_MIN, LOG_BYTES_MAX),
            ("log_bytes_refused", self.log_bytes_refused, LOG_BYTES_MIN, LOG_BYTES_MAX),
            ("device_series_max", self.device_series_max as u64, 1, u64::MAX),
            ("organisation_series_max", self.organisation_series_max as u64, 1, u64::MAX),
            ("text_bytes_max", self.text_bytes_max as u64, 1, TEXT_BYTES_MAX as u64),
            ("query_days_max", u64::from(self.query_days_max), 1, u64::from(QUERY_DAYS_MAX)),
            ("query_points_max", self.query_points_max, 1, u64::MAX),
            ("query_buckets_max", self.query_buckets_max as u64, buckets_of_one, u64::MAX),
        ] {
            if value < least {
                return Err(ConfigError::Wrong(format!("telemetry.{key}: must be at least {least}")));
            }
            if value > most {
                return Err(ConfigError::Wrong(format!("telemetry.{key}: must be at most {most}")));
            }
        }
        if self.log_bytes_refused < self.log_bytes.saturating_mul(2) {
            let why = "telemetry.log_bytes_refused: must be at least twice telemetry.log_bytes, or devices wait for \
                       every seal";
            return Err(ConfigError::Wrong(why.to_owned()));
        }
        Ok(())
    }

    /// What the engine takes.
    pub fn limits(&self) -> Limits {
        Limits {
            log_bytes: self.log_bytes,
            log_bytes_refused: self.log_bytes_refused,
            series_per_device: self.device_series_max,
            series_per_organisation: self.organisation_series_max,
            points_per_organisation: (self.organisation_points_max > 0)
                .then_some(self.organisation_points_max),
            text_bytes: self.text_bytes_max,
        }
    }

    /// What one question goes through.
    pub fn query_limits(&self) -> QueryLimits {
        QueryLimits {
            days: self.query_days_max,
            points: self.query_points_max,
            buckets: self.query_buckets_max,
        }
    }
}
