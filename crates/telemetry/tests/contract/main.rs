//! The promises of the `Telemetry` trait, held against every engine: the suite is generic, an engine is one line.
#![allow(clippy::unwrap_used)]

mod appending;
mod disk_full;
mod expiring;
mod limits;
mod model;
mod prometheus;
mod reading;
mod subject;

use lares_telemetry::{EmbeddedTelemetry, Limits, TelemetryError};
use std::path::Path;

use subject::Subject;

impl Subject for EmbeddedTelemetry {
    fn open_with(directory: &Path, limits: Limits) -> Result<Self, TelemetryError> {
        EmbeddedTelemetry::open_with(directory, limits)
    }

    fn seal(&self) {
        self.seal_all().unwrap();
    }
}

/// The tests of the suite for one engine: what all promise, and what only those do that lack nothing.
macro_rules! holds_the_contract {
    ($engine:ident, $type:ty) => {
        mod $engine {
            use super::*;

            holds_the_contract!(@tests $type, appending: [
                every_kind_of_entry_comes_back_as_it_was,
                positions_count_from_one_without_gaps,
                the_log_survives_a_restart,
                a_second_delivery_is_a_duplicate,
                identities_belong_to_their_device,
                a_refused_call_leaves_nothing,
                nothing_that_is_no_number_is_stored,
                sixteen_writers_and_every_ack_is_there_once,
                a_follower_is_served_from_any_position,
                a_forgotten_device_is_gone_and_its_positions_are_not_reused,
                a_second_opener_is_refused,
                counters_tell_what_was_done,
            ]);
            holds_the_contract!(@tests $type, reading: [
                the_same_reading_sent_again_is_stored_once,
                the_last_write_wins_and_the_earlier_stays_known,
                readings_at_the_servers_time_are_all_kept,
                within_a_message_the_last_value_of_an_instant_wins,
                a_value_of_another_kind_is_another_value,
                the_latest_reading_is_the_one_with_the_last_time,
                the_last_reading_before_an_instant_is_told_of_many_series_at_once,
                extreme_values_keep_every_bit,
                what_is_beyond_a_limit_is_refused_and_the_rest_taken,
                erased_is_gone_from_the_log_too,
                filters_narrow_and_the_end_is_exclusive,
                pages_visit_everything_once_in_both_directions,
                keys_survive_serialisation,
            ]);
            holds_the_contract!(@tests $type, expiring: [
                old_readings_leave_what_they_came_to,
                what_is_too_old_is_shown_no_more_though_its_chunk_stays,
                days_of_several_shapes_outlive_their_readings,
            ]);
            holds_the_contract!(@tests $type, limits: [
                an_organisation_has_as_many_values_as_it_may,
                series_of_what_is_gone_make_room,
            ]);
            holds_the_contract!(@tests $type, disk_full: [
                a_full_disk_refuses_and_recovers_by_itself,
            ]);

            holds_the_contract!(@model $engine, $type);
        }
    };
    (@model embedded, $type:ty) => {
        #[test]
        fn answers_as_the_naive_model_does() {
            model::answers_as_the_naive_model_does::<$type>();
        }
    };
    // The model corrects sealed values, asks what was known when and erases spans.
    (@model $engine:ident, $type:ty) => {};
    (@tests $type:ty, $module:ident: [$($name:ident),+ $(,)?]) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $module::$name::<$type>().await;
        })+
    };
}

holds_the_contract!(embedded, EmbeddedTelemetry);
holds_the_contract!(on_prometheus, prometheus::OnPrometheus);
