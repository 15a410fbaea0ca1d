//! The thirteenth migration: invitations into an organisation, and alarms.

use super::{Migration, Step};
use crate::schema::Kind::{Bytes, Integer, Json, Millis, Text, Uuid};
use crate::schema::{OnDelete, Reference, Table, Unique, col};

const TO_ORGANISATION: Reference = Reference {
    columns: &["organisation"],
    table: "organisations",
    to: &["id"],
    on_delete: OnDelete::Cascade,
};

static INVITATIONS: Table = Table {
    name: "invitations",
    one: "an invitation with this id",
    meaning: "Places in organisations that are offered and not taken yet. Whoever has the link may take it, once.",
    columns: &[
        col("id", Uuid, "invitations::insert", "Its identity; not the secret."),
        col("organisation", Uuid, "invitations::insert", "Where to."),
        col(
            "email",
            Text,
            "invitations::insert",
            "Where the link was sent, in lower case; null where it was handed over by other means.",
        )
        .or_null(),
        col("role", Text, "invitations::insert", "The role that is offered."),
        col(
            "member_until",
            Millis,
            "invitations::insert",
            "The first instant at which the membership no longer holds; null while open-ended.",
        )
        .or_null(),
        col(
            "secret_sha256",
            Bytes,
            "invitations::insert",
            "SHA-256 of the link's secret, by which it is found.",
        ),
        col(
            "invited_by",
            Uuid,
            "invitations::insert",
            "Who offers it: a person, or a program's own identity.",
        ),
        col("created_at", Millis, "invitations::insert", "When it was offered."),
        col(
            "expires_at",
            Millis,
            "invitations::insert",
            "The first instant at which it is not good any more.",
        ),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["secret_sha256"], one: "an invitation with this secret" }],
    indexes: &[&["organisation", "id"], &["expires_at"]],
    references: &[TO_ORGANISATION],
};

static ALARMS: Table = Table {
    name: "alarms",
    one: "an alarm with this id",
    meaning: "What a person has to look at: raised by a device's state, the broker or a person; open until its cause \
              is gone, and kept.",
    columns: &[
        col("id", Uuid, "alarms::insert", "Its identity, in order of time."),
        col("organisation", Uuid, "alarms::insert", "Whose it is."),
        col("home", Uuid, "alarms::insert", "Where; null where no home is concerned.").or_null(),
        col("device", Uuid, "alarms::insert", "Which device, where one is concerned.").or_null(),
        col("source", Text, "alarms::insert", "Who raised it: state, broker or person."),
        col("kind", Text, "alarms::insert", "What it is about, such as smoke or queue_full."),
        col(
            "cause_key",
            Text,
            "alarms::insert",
            "What it is about exactly: while it lasts, the same cause raises no second alarm.",
        ),
        col("severity", Text, "alarms::insert", "critical, warning or info."),
        col("detail", Json, "alarms::insert", "The value that says so, or a person's words."),
        col("raised_at", Millis, "alarms::insert", "When it was raised first."),
        col("last_raised_at", Millis, "alarms::insert, raised_again", "When it was raised last."),
        col("times", Integer, "alarms::raised_again", "How often it was raised."),
        col(
            "acknowledged_at",
            Millis,
            "alarms::acknowledge",
            "When a person took note; null while nobody did.",
        )
        .or_null(),
        col("acknowledged_by", Uuid, "alarms::acknowledge", "Who did.").or_null(),
        col("note", Text, "alarms::acknowledge", "What they said about it.").or_null(),
        col("cleared_at", Millis, "alarms::clear", "When its cause was gone; null while it lasts.").or_null(),
    ],
    primary_key: &["id"],
    unique: &[],
    indexes: &[&["organisation", "id"], &["organisation", "cause_key"], &["cleared_at"]],
    references: &[
        TO_ORGANISATION,
        Reference { columns: &["home"], table: "homes", to: &["id"], on_delete: OnDelete::Cascade },
        Reference { columns: &["device"], table: "devices", to: &["id"], on_delete: OnDelete::Cascade },
    ],
};

pub(super) const MIGRATION: Migration =
    Migration { name: "m0013_people", steps: &[Step::CreateTable(&INVITATIONS), Step::CreateTable(&ALARMS)] };
