//! The contract of the store: one suite of cases, each run on SQLite and on PostgreSQL.

// Helpers of tests are tests, which clippy's `allow-unwrap-in-tests` does not see.
#![allow(clippy::unwrap_used)]

mod accounts;
mod bed;
mod certificates;
mod discovered;
mod factors;
mod identity;
mod log;
mod mqtt_clients;
mod nouns;
mod oauth;
mod opening;
mod paging;
mod races;
mod search;
mod walls;
mod webhooks;

/// Every case is a `pub async fn case(bed: Bed)`; each becomes one test per engine.
macro_rules! on_both_engines {
    ($($module:ident :: $case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $case() { crate::bed::on_sqlite(crate::$module::$case) })+
        }
        mod postgres {
            $(#[test] fn $case() { crate::bed::on_postgres(crate::$module::$case) })+
        }
    };
}

on_both_engines! {
    opening::migrating_twice_changes_nothing,
    opening::a_dropped_unit_of_work_leaves_nothing,
    opening::a_failed_unit_of_work_cannot_be_committed,
    opening::a_unit_of_work_sees_itself_and_others_do_not,
    opening::conflicts_say_what_exists,
    accounts::a_person_prefers_changes_and_goes,
    accounts::a_token_ends_when_it_is_told_to,
    accounts::what_was_sent_to_a_stranger_forgets_the_address,
    accounts::h02_h03_what_is_of_a_person_is_found_and_erased_and_nobody_elses,
    accounts::an_organisation_is_erased_with_all_that_is_its_own_and_no_other,
    identity::app_sessions_rotate_once,
    identity::a_ticket_is_taken_once,
    identity::notifications_are_due_until_they_are_settled,
    identity::keys_and_account_log_round_trip,
    identity::invitations_stay_within_their_organisation,
    identity::alarms_move_and_stay_within_their_organisation,
    nouns::organisations_round_trip,
    nouns::homes_round_trip,
    nouns::rooms_round_trip,
    nouns::devices_round_trip,
    nouns::a_device_stands_in_a_room_of_its_own_home,
    nouns::devices_are_found_by_what_they_are,
    nouns::wildcards_in_a_search_are_literal,
    nouns::credentials_round_trip,
    nouns::users_and_memberships_round_trip,
    nouns::tokens_round_trip,
    nouns::commands_round_trip,
    nouns::events_round_trip,
    nouns::subject_keys_round_trip,
    nouns::ingest_positions_and_checkpoint_round_trip,
    nouns::idempotency_round_trip,
    nouns::retention_round_trip,
    discovered::the_inbox_round_trips,
    discovered::an_origin_is_found_once_in_its_home,
    discovered::the_inbox_goes_with_its_home_and_is_nobody_elses,
    mqtt_clients::they_round_trip,
    mqtt_clients::a_user_name_is_taken_once_in_the_whole_server,
    mqtt_clients::they_go_with_their_home_and_are_nobody_elses,
    webhooks::they_come_back_as_written,
    webhooks::webhooks_go_with_their_home_and_are_nobody_elses,
    certificates::certificates_round_trip,
    factors::a_code_generator_takes_each_step_once,
    factors::a_recovery_code_is_taken_once,
    factors::passkeys_round_trip,
    factors::an_account_elsewhere_is_one_persons,
    factors::a_session_is_known_by_its_newest_secret,
    factors::who_proved_themselves_before_sign_ins_ended_does_not_count,
    oauth::clients_round_trip,
    oauth::a_consent_is_one_for_each_person_and_client,
    oauth::a14_a_device_is_decided_on_once,
    oauth::device_keys_round_trip,
    walls::a_neighbour_finds_nothing,
    walls::a_neighbour_lists_nothing,
    walls::a_neighbour_removes_nothing,
    walls::nothing_stands_in_a_neighbours_home,
    search::the_best_match_comes_first,
    search::any_case_any_script_and_no_wildcards,
    paging::pages_visit_every_row_once,
    log::the_log_is_gap_free_and_a_reader_skips_nothing,
    log::an_origin_is_taken_once,
    log::events_are_read_both_ways_and_filtered,
    log::random_units_of_work_leave_no_gap,
    races::a_cursor_moves_from_where_it_is,
    races::one_of_many_moves_a_cursor,
    races::what_is_held_is_looked_at_by_one_at_a_time,
    races::one_of_many_moves_the_ingest_position,
    races::a_repeated_request_takes_effect_once,
    races::command_numbers_are_distinct_and_consecutive,
}
