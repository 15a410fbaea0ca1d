//! The first migration: the tables everything stands on, grouped by what they are about.

mod access;
mod homes;
mod ingest;
mod log;

use super::{Migration, Step};

pub(super) const MIGRATION: Migration = Migration {
    name: "m0001_ground",
    steps: &[
        Step::CreateTable(&homes::ORGANISATIONS),
        Step::CreateTable(&homes::HOMES),
        Step::CreateTable(&homes::ROOMS),
        Step::CreateTable(&homes::DEVICES),
        Step::CreateTable(&homes::DEVICE_TAGS),
        Step::CreateTable(&homes::DEVICE_CAPABILITIES),
        Step::CreateTable(&homes::DEVICE_CREDENTIALS),
        Step::CreateTable(&access::USERS),
        Step::CreateTable(&access::MEMBERSHIPS),
        Step::CreateTable(&access::TOKENS),
        Step::CreateTable(&access::IDEMPOTENCY_KEYS),
        Step::CreateTable(&access::SUBJECT_KEYS),
        Step::CreateTable(&log::LOG_HEAD),
        Step::CreateTable(&log::EVENTS),
        Step::CreateTable(&log::CURSORS),
        Step::CreateTable(&log::COMMANDS),
        Step::CreateTable(&log::COMMAND_HISTORY),
        Step::CreateTable(&ingest::INGEST_POSITIONS),
        Step::CreateTable(&ingest::DEVICE_STATES),
    ],
};
