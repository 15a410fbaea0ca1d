//! Organisations, homes, rooms and devices.

use crate::schema::Kind::{Bytes, Integer, Json, Millis, Seconds, SquareMetres, Text, Uuid};
use crate::schema::OnDelete::{Cascade, Refuse};
use crate::schema::{Reference, Table, Unique, col};

const TO_ORGANISATION: Reference =
    Reference { columns: &["organisation"], table: "organisations", to: &["id"], on_delete: Refuse };

const TO_DEVICE: Reference =
    Reference { columns: &["device"], table: "devices", to: &["id"], on_delete: Cascade };

pub(super) static ORGANISATIONS: Table = Table {
    name: "organisations",
    one: "an organisation with this id",
    meaning: "A household or a property business: the wall around everything else.",
    columns: &[
        col("id", Uuid, "organisations::insert", "Its identity; what other tables call `organisation`."),
        col("name", Text, "organisations::insert, rename", "What people call it."),
        col("created_at", Millis, "organisations::insert", "When it was made."),
    ],
    primary_key: &["id"],
    unique: &[],
    indexes: &[],
    references: &[],
};

pub(super) static HOMES: Table = Table {
    name: "homes",
    one: "a home with this id",
    meaning: "A property: one address, one time zone.",
    columns: &[
        col("id", Uuid, "homes::insert", "Its identity."),
        col("organisation", Uuid, "homes::insert", "Whose it is; never changes."),
        col("name", Text, "homes::insert, update", "What people call it."),
        col(
            "address",
            Text,
            "homes::insert, update",
            "Postal address as one text. Personal: events carry it sealed.",
        ),
        col(
            "time_zone",
            Text,
            "homes::insert, update",
            "IANA zone in which its days begin and its schedules run.",
        ),
        col(
            "property_type",
            Text,
            "homes::insert, update",
            "What kind of property, since consumption compares within one kind.",
        ),
        col(
            "floor_area_m2",
            SquareMetres,
            "homes::insert, update",
            "Floor area, to compare consumption per square metre; null while unknown.",
        )
        .or_null(),
        col("created_at", Millis, "homes::insert", "When it was added."),
    ],
    primary_key: &["id"],
    // Devices refer to both, so that none can stand in a neighbour's home.
    unique: &[Unique { columns: &["organisation", "id"], one: "a home with this id" }],
    indexes: &[],
    references: &[TO_ORGANISATION],
};

pub(super) static ROOMS: Table = Table {
    name: "rooms",
    one: "a room with this id",
    meaning: "A room of a home.",
    columns: &[
        col("id", Uuid, "rooms::insert", "Its identity."),
        col("organisation", Uuid, "rooms::insert", "Whose it is; never changes."),
        col("home", Uuid, "rooms::insert, update", "The home it is in."),
        col("name", Text, "rooms::insert, update", "What people call it."),
        col("created_at", Millis, "rooms::insert", "When it was added."),
    ],
    primary_key: &["id"],
    // Devices refer to all three, so that a device stands in a room of its own home.
    unique: &[Unique { columns: &["organisation", "home", "id"], one: "a room with this id" }],
    indexes: &[&["organisation", "id"]],
    references: &[Reference {
        columns: &["organisation", "home"],
        table: "homes",
        to: &["organisation", "id"],
        on_delete: Cascade,
    }],
};

pub(super) static DEVICES: Table = Table {
    name: "devices",
    one: "a device with this id",
    meaning: "Something that reports and obeys.",
    columns: &[
        col("id", Uuid, "devices::insert", "Its identity; also its MQTT user name and client id."),
        col("organisation", Uuid, "devices::insert", "Whose it is; never changes."),
        col("home", Uuid, "devices::insert, update", "The home it is in."),
        col("room", Uuid, "devices::insert, update; rooms::delete", "The room it is in; null while in none.")
            .or_null(),
        col("name", Text, "devices::insert, update", "What people call it."),
        col("vendor", Text, "devices::insert, update", "Who made it; may be empty."),
        col("model", Text, "devices::insert, update", "What its vendor calls the model; may be empty."),
        col(
            "serial",
            Text,
            "devices::insert, update",
            "The vendor's serial number or id; null while unknown.",
        )
        .or_null(),
        col("firmware", Text, "devices::insert, update", "The firmware it runs, as far as known.").or_null(),
        col(
            "endpoints",
            Json,
            "devices::insert, update",
            "Its endpoints with their capabilities, in the order given.",
        ),
        col(
            "tags",
            Json,
            "devices::insert, update",
            "Its tags in the order given; `device_tags` is for finding by them.",
        ),
        col("encoding", Text, "devices::insert, update", "How commands to it are encoded: json or cbor."),
        col(
            "expected_interval_s",
            Seconds,
            "devices::insert, update",
            "How often it is expected to report, to tell when it is late.",
        ),
        col(
            "command_counter",
            Integer,
            "devices::insert, next_command_counter",
            "The last command number given out, so that a device can refuse what it has already passed.",
        ),
        col(
            "search_text",
            Text,
            "devices::insert, update",
            "Name, vendor, model and serial in lower case, since the two engines disagree on the lower case of letters beyond ASCII.",
        ),
        col("created_at", Millis, "devices::insert", "When it was registered."),
        col("updated_at", Millis, "devices::insert, update", "When its registration last changed."),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["organisation", "serial"], one: "a device with this serial" }],
    indexes: &[&["organisation", "id"], &["organisation", "home", "room", "id"]],
    references: &[
        TO_ORGANISATION,
        Reference {
            columns: &["organisation", "home"],
            table: "homes",
            to: &["organisation", "id"],
            on_delete: Refuse,
        },
        Reference {
            columns: &["organisation", "home", "room"],
            table: "rooms",
            to: &["organisation", "home", "id"],
            on_delete: Refuse,
        },
    ],
};

pub(super) static DEVICE_TAGS: Table = Table {
    name: "device_tags",
    one: "this tag on this device",
    meaning: "The tags of devices once more, for finding devices by them.",
    columns: &[
        col("device", Uuid, "devices::insert, update", "The device."),
        col("tag", Text, "devices::insert, update", "One of its tags."),
        col("organisation", Uuid, "devices::insert, update", "The device's organisation."),
    ],
    primary_key: &["device", "tag"],
    unique: &[],
    indexes: &[&["organisation", "tag", "device"]],
    references: &[TO_DEVICE],
};

pub(super) static DEVICE_CAPABILITIES: Table = Table {
    name: "device_capabilities",
    one: "this capability on this device",
    meaning: "The capabilities of devices once more, for finding devices by them.",
    columns: &[
        col("device", Uuid, "devices::insert, update", "The device."),
        col("capability", Text, "devices::insert, update", "A capability that one of its endpoints has."),
        col("organisation", Uuid, "devices::insert, update", "The device's organisation."),
    ],
    primary_key: &["device", "capability"],
    unique: &[],
    indexes: &[&["organisation", "capability", "device"]],
    references: &[TO_DEVICE],
};

pub(super) static DEVICE_CREDENTIALS: Table = Table {
    name: "device_credentials",
    one: "credentials of this device",
    meaning: "What a device proves itself with; one row per device.",
    columns: &[
        col("device", Uuid, "credentials::set", "The device."),
        col("organisation", Uuid, "credentials::set", "The device's organisation."),
        col(
            "secret_sha256",
            Bytes,
            "credentials::set",
            "SHA-256 of its secret, which has 128 random bits or more and therefore needs no slow hash.",
        ),
        col("set_at", Millis, "credentials::set", "When this secret was given out."),
    ],
    primary_key: &["device"],
    unique: &[],
    indexes: &[],
    references: &[TO_DEVICE],
};
