//! The eleventh migration: programs of others, what people let them do, and keys that devices sign in with.

use super::{Migration, Step};
use crate::schema::Kind::{Bool, Bytes, Integer, Json, Millis, Text, Uuid};
use crate::schema::{OnDelete, Reference, Table, Unique, col};

static OAUTH_CLIENTS: Table = Table {
    name: "oauth_clients",
    one: "an OAuth client with this id",
    meaning: "Programs that people let in, or that act for themselves in an organisation.",
    columns: &[
        col("id", Uuid, "oauth_clients::insert", "Its identity; its `client_id`."),
        col("organisation", Uuid, "oauth_clients::insert", "Who answers for it, and where a service acts."),
        col("name", Text, "oauth_clients::insert, update", "Its name, as people are shown it."),
        col(
            "application_type",
            Text,
            "oauth_clients::insert, update",
            "web or native: where it runs, and so where it may be answered.",
        ),
        col(
            "redirect_uris",
            Json,
            "oauth_clients::insert, update",
            "Where people are sent back to it, each to the letter.",
        ),
        col(
            "post_logout_redirect_uris",
            Json,
            "oauth_clients::insert, update",
            "Where people are sent once they signed out.",
        ),
        col("grant_types", Json, "oauth_clients::insert, update", "What it may ask for tokens with."),
        col(
            "scopes",
            Text,
            "oauth_clients::insert, update",
            "The most that it may ask for, separated by spaces.",
        ),
        col("auth_method", Text, "oauth_clients::insert, update", "How it proves which one it is."),
        col("jwks", Json, "oauth_clients::insert, update", "Its public keys; null where it has none.")
            .or_null(),
        col("role", Text, "oauth_clients::insert, update", "As what a service acts; null for others.")
            .or_null(),
        col("uri", Text, "oauth_clients::insert, update", "Its home page.").or_null(),
        col("logo", Text, "oauth_clients::insert, update", "Its picture.").or_null(),
        col("disabled", Bool, "oauth_clients::update", "Whether it is let in no more."),
        col("dynamic", Bool, "oauth_clients::insert", "Whether it registered itself (RFC 7591)."),
        col(
            "secret_sha256",
            Bytes,
            "oauth_clients::set_secret",
            "SHA-256 of its secret, a random value; null where it has none.",
        )
        .or_null(),
        col(
            "previous_secret_sha256",
            Bytes,
            "oauth_clients::set_secret",
            "SHA-256 of the secret before it, while that is taken, too.",
        )
        .or_null(),
        col("previous_secret_until", Millis, "oauth_clients::set_secret", "Until when that is.").or_null(),
        col(
            "registration_sha256",
            Bytes,
            "oauth_clients::set_registration",
            "SHA-256 of what it manages its own registration with (RFC 7592); null for others.",
        )
        .or_null(),
        col("created_at", Millis, "oauth_clients::insert", "When it was registered."),
        col("updated_at", Millis, "oauth_clients::update", "When it was last changed."),
    ],
    primary_key: &["id"],
    unique: &[],
    indexes: &[&["organisation", "id"]],
    references: &[Reference {
        columns: &["organisation"],
        table: "organisations",
        to: &["id"],
        on_delete: OnDelete::Cascade,
    }],
};

const TO_CLIENT: Reference =
    Reference { columns: &["client"], table: "oauth_clients", to: &["id"], on_delete: OnDelete::Cascade };

const TO_USER: Reference =
    Reference { columns: &["user_id"], table: "users", to: &["id"], on_delete: OnDelete::Cascade };

static OAUTH_CONSENTS: Table = Table {
    name: "oauth_consents",
    one: "a consent of this person for this client",
    meaning: "What people let programs do, so that they are asked again only for more.",
    columns: &[
        col("user_id", Uuid, "oauth_consents::set", "Who said yes."),
        col("client", Uuid, "oauth_consents::set", "To which program."),
        col("scopes", Text, "oauth_consents::set", "To what: OAuth scopes, separated by spaces."),
        col("created_at", Millis, "oauth_consents::set", "When for the first time."),
        col("updated_at", Millis, "oauth_consents::set", "When last."),
    ],
    primary_key: &["user_id", "client"],
    unique: &[],
    indexes: &[&["client"]],
    references: &[TO_USER, TO_CLIENT],
};

static OAUTH_DEVICE_GRANTS: Table = Table {
    name: "oauth_device_grants",
    one: "a device authorization with this code",
    meaning: "Sign-ins of things without a keyboard that wait for a person (RFC 8628).",
    columns: &[
        col(
            "device_code_sha256",
            Bytes,
            "oauth_device_grants::insert",
            "SHA-256 of the code that the thing asks with.",
        ),
        col(
            "user_code_sha256",
            Bytes,
            "oauth_device_grants::insert",
            "SHA-256 of the code that the person types, keyed with the server's own key.",
        ),
        col("client", Uuid, "oauth_device_grants::insert", "Which program asks."),
        col("scopes", Text, "oauth_device_grants::insert", "For what."),
        col("user_agent", Text, "oauth_device_grants::insert", "What it says it is.").or_null(),
        col("peer", Text, "oauth_device_grants::insert", "The network that it asks from.").or_null(),
        col("created_at", Millis, "oauth_device_grants::insert", "When it asked."),
        col("expires_at", Millis, "oauth_device_grants::insert", "The first instant at which it is over."),
        col(
            "interval_s",
            Integer,
            "oauth_device_grants::polled",
            "How many seconds it has to wait between two questions.",
        ),
        col("polled_at", Millis, "oauth_device_grants::polled", "When it last asked how far it is.")
            .or_null(),
        col("decision", Text, "oauth_device_grants::decide", "allowed or denied; null while nobody said.")
            .or_null(),
        col("user_id", Uuid, "oauth_device_grants::decide", "Who said so.").or_null(),
        col("authenticated_at", Millis, "oauth_device_grants::decide", "When that person had signed in.")
            .or_null(),
        col("amr", Text, "oauth_device_grants::decide", "How: RFC 8176 values, separated by spaces.")
            .or_null(),
    ],
    primary_key: &["device_code_sha256"],
    unique: &[Unique { columns: &["user_code_sha256"], one: "this user code" }],
    indexes: &[&["expires_at"]],
    references: &[TO_CLIENT, TO_USER],
};

static DEVICE_KEYS: Table = Table {
    name: "device_keys",
    one: "a device key with this id",
    meaning: "Public keys that devices sign in with (RFC 7523), in place of their password.",
    columns: &[
        col("id", Uuid, "device_keys::insert", "Its identity."),
        col("organisation", Uuid, "device_keys::insert", "The device's organisation."),
        col("device", Uuid, "device_keys::insert", "Whose it is."),
        col("name", Text, "device_keys::insert", "What people call it."),
        col("jwk", Json, "device_keys::insert", "The key (RFC 7517)."),
        col("thumbprint", Bytes, "device_keys::insert", "Its SHA-256 thumbprint (RFC 7638)."),
        col("created_at", Millis, "device_keys::insert", "When it was added."),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["device", "thumbprint"], one: "this key of the device" }],
    indexes: &[&["organisation", "device", "id"]],
    references: &[Reference {
        columns: &["device"],
        table: "devices",
        to: &["id"],
        on_delete: OnDelete::Cascade,
    }],
};

pub(super) const MIGRATION: Migration = Migration {
    name: "m0011_oauth",
    steps: &[
        Step::CreateTable(&OAUTH_CLIENTS),
        Step::CreateTable(&OAUTH_CONSENTS),
        Step::CreateTable(&OAUTH_DEVICE_GRANTS),
        Step::CreateTable(&DEVICE_KEYS),
    ],
};
