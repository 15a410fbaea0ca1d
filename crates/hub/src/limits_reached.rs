//! Readings that a limit kept out: counted, and where the limit is an organisation's, an alarm of it.

use lares_model::OrganisationId;
use lares_model::alarm::{AlarmSeverity, AlarmSource};
use lares_telemetry::Refusal;
use serde_json::json;

use crate::alarms::Cause;
use crate::hub::Hub;

/// The alarm lasts until nothing was refused for a while, as the broker's do.
pub(crate) fn note(hub: &Hub, organisation: OrganisationId, refusal: Refusal) {
    let limit = match refusal {
        Refusal::SeriesOfDevice => "device_series",
        Refusal::SeriesOfOrganisation => "organisation_series",
        Refusal::PointsOfOrganisation => "organisation_points",
        Refusal::TextTooLong => "text_bytes",
    };
    metrics::counter!("lares_ingest_limited_total", "limit" => limit).increment(1);
    let kind = match refusal {
        Refusal::PointsOfOrganisation => "telemetry_points_full",
        Refusal::SeriesOfOrganisation => "telemetry_series_full",
        // They are one device's, and on its page.
        Refusal::SeriesOfDevice | Refusal::TextTooLong => return,
    };
    hub.alarms.complain(Cause {
        organisation,
        home: None,
        device: None,
        source: AlarmSource::Broker,
        kind: kind.to_owned(),
        key: kind.to_owned(),
        severity: AlarmSeverity::Warning,
        detail: json!({}),
    });
}
