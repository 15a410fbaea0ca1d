//! The event log with its heads and cursors, and commands with their history.

use crate::schema::Kind::{Bool, Integer, Json, Millis, Text, Uuid};
use crate::schema::OnDelete::{Cascade, Refuse};
use crate::schema::{Reference, Table, Unique, col};

const TO_ORGANISATION: Reference =
    Reference { columns: &["organisation"], table: "organisations", to: &["id"], on_delete: Refuse };

pub(super) static LOG_HEAD: Table = Table {
    name: "log_head",
    one: "the event log of this organisation",
    meaning: "The last number given out in each organisation's event log. Its row is locked until the writer \
        commits, so numbers become visible in order and without gaps.",
    columns: &[
        col("organisation", Uuid, "organisations::insert", "Whose log."),
        col("seq", Integer, "events::append", "The last number given out; 0 before the first event."),
    ],
    primary_key: &["organisation"],
    unique: &[],
    indexes: &[],
    references: &[TO_ORGANISATION],
};

pub(super) static EVENTS: Table = Table {
    name: "events",
    one: "an event with this number",
    meaning: "The event log: facts worth remembering, never changed. Numbers are gap-free per organisation.",
    columns: &[
        col("organisation", Uuid, "events::append", "Whose log."),
        col("seq", Integer, "events::append", "Its number in the log, from 1, without gaps."),
        col("id", Uuid, "events::append", "Its identity, the same wherever it is copied to."),
        col("event_type", Text, "events::append", "What happened, such as attribute.changed."),
        col("time", Millis, "events::append", "When it happened."),
        col("recorded", Millis, "events::append", "When the server recorded it."),
        col(
            "home",
            Uuid,
            "events::append",
            "The home it is about; null when about none. May be gone by now.",
        )
        .or_null(),
        col(
            "device",
            Uuid,
            "events::append",
            "The device it is about; null when about none. May be gone by now.",
        )
        .or_null(),
        col(
            "cause",
            Json,
            "events::append",
            "Why it happened: a user, device, event, command, or the system.",
        ),
        col(
            "origin",
            Text,
            "events::append",
            "Where it was born: `local`, `ingest`, or another node's name.",
        ),
        col(
            "origin_seq",
            Integer,
            "events::append",
            "Its number there, so that deriving or copying it twice is refused.",
        ),
        col(
            "payload",
            Json,
            "events::append",
            "The fact itself. Ids only; personal fields are sealed per subject.",
        ),
    ],
    primary_key: &["organisation", "seq"],
    unique: &[
        Unique { columns: &["organisation", "origin", "origin_seq"], one: "an event of this origin" },
        Unique { columns: &["id"], one: "an event with this id" },
    ],
    indexes: &[
        &["organisation", "device", "seq"],
        &["organisation", "home", "seq"],
        &["organisation", "event_type", "seq"],
    ],
    references: &[],
};

pub(super) static CURSORS: Table = Table {
    name: "cursors",
    one: "this cursor",
    meaning: "How far each consumer has followed each event log; written with the consumer's effects.",
    columns: &[
        col("consumer", Text, "cursors::advance", "Who follows."),
        col("organisation", Uuid, "cursors::advance", "Whose log."),
        col("position", Integer, "cursors::advance", "The `seq` of the last event taken."),
    ],
    primary_key: &["consumer", "organisation"],
    unique: &[],
    indexes: &[],
    references: &[TO_ORGANISATION],
};

pub(super) static COMMANDS: Table = Table {
    name: "commands",
    one: "a command with this id",
    meaning: "Requests to devices. They outlive their device, so that what was asked stays readable.",
    columns: &[
        col("id", Uuid, "commands::insert", "Its identity."),
        col("organisation", Uuid, "commands::insert", "Whose it is."),
        col("home", Uuid, "commands::insert", "The home the device was in. May be gone by now."),
        col("device", Uuid, "commands::insert", "The device it is for. May be gone by now."),
        col("endpoint", Integer, "commands::insert", "The endpoint of the device, 0 to 254."),
        col("name", Text, "commands::insert", "What to do, such as DoorLock.LockDoor."),
        col("args", Json, "commands::insert", "Its arguments, checked and typed."),
        col(
            "preconditions",
            Json,
            "commands::insert",
            "What must be so at the device for it to be carried out.",
        ),
        col("issuer", Json, "commands::insert", "Who asked."),
        col(
            "counter",
            Integer,
            "commands::insert",
            "Its number at the device; a device refuses a number it has passed.",
        ),
        col("nonce", Text, "commands::insert", "128 random bits, hexadecimal."),
        col("created_at", Millis, "commands::insert", "When it was asked for."),
        col("not_after", Millis, "commands::insert", "Not to be carried out after this instant."),
        col(
            "state",
            Text,
            "commands::insert, record",
            "Where it stands: queued, sent, acked, confirmed, refused, failed, expired or unconfirmed.",
        ),
        col("state_since", Millis, "commands::insert, record", "When it came to stand there."),
        col("reason", Text, "commands::insert, record", "Why, where there is more to say than the state.")
            .or_null(),
        col(
            "sent_at",
            Millis,
            "commands::record",
            "When it was last handed to the link; null before the first time.",
        )
        .or_null(),
        col("attempts", Integer, "commands::record", "How often it was handed to the link."),
        col(
            "settled",
            Bool,
            "commands::insert, record",
            "Whether nothing can move it any more, so that the open ones are found among years of old ones.",
        ),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["device", "counter"], one: "a command with this number" }],
    indexes: &[
        &["organisation", "id"],
        &["organisation", "home", "id"],
        &["device", "state", "id"],
        &["device", "settled", "counter"],
        &["settled", "device"],
    ],
    references: &[TO_ORGANISATION],
};

pub(super) static COMMAND_HISTORY: Table = Table {
    name: "command_history",
    one: "this line of the command's history",
    meaning: "Every state a command was in, one line each, never changed.",
    columns: &[
        col("command", Uuid, "commands::insert, record", "The command."),
        col("line", Integer, "commands::insert, record", "The line's number, from 1."),
        col("organisation", Uuid, "commands::insert, record", "The command's organisation."),
        col("at", Millis, "commands::insert, record", "When it came to this state."),
        col("state", Text, "commands::insert, record", "The state."),
        col("reason", Text, "commands::insert, record", "Why, where there is more to say.").or_null(),
    ],
    primary_key: &["command", "line"],
    unique: &[],
    indexes: &[],
    references: &[Reference { columns: &["command"], table: "commands", to: &["id"], on_delete: Cascade }],
};
