//! The ninth migration: what full identity keeps of people, their sign-ins and the server's signing keys.

use super::{Migration, Step};
use crate::schema::Kind::{Bytes, Integer, Json, Millis, Text, Uuid};
use crate::schema::{OnDelete, Reference, Table, col};

const TO_USER: Reference =
    Reference { columns: &["user_id"], table: "users", to: &["id"], on_delete: OnDelete::Cascade };

static SIGNING_KEYS: Table = Table {
    name: "signing_keys",
    one: "a signing key with this id",
    meaning: "Keys (ES256) that access tokens and ID tokens are signed with. Each is published before it signs, and \
              for as long as something it signed is valid.",
    columns: &[
        col("id", Uuid, "signing_keys::insert", "Its identity; the `kid` of what it signs."),
        col("sealed_pkcs8", Bytes, "signing_keys::insert", "The private key, sealed under the server's own."),
        col("public", Bytes, "signing_keys::insert", "The public key, an uncompressed point (SEC 1, 2.3.3)."),
        col("created_at", Millis, "signing_keys::insert", "When it was made and first published."),
        col("signs_from", Millis, "signing_keys::insert", "From when on it signs."),
    ],
    primary_key: &["id"],
    unique: &[],
    indexes: &[],
    references: &[],
};

static APP_SESSIONS: Table = Table {
    name: "app_sessions",
    one: "a session of an app with this id",
    meaning: "A sign-in of an app: a family of refresh tokens (RFC 9700, section 4.14), of which one is valid at a \
              time. Access tokens name it in `sid` and end with it.",
    columns: &[
        col("id", Uuid, "app_sessions::insert", "Its identity."),
        col("user_id", Uuid, "app_sessions::insert", "Who signed in."),
        col("client", Uuid, "app_sessions::insert", "The OAuth client; null for this product's own apps.")
            .or_null(),
        col("scopes", Text, "app_sessions::insert", "What it may do: OAuth scopes, separated by spaces."),
        col(
            "amr",
            Text,
            "app_sessions::insert",
            "How the person signed in: RFC 8176 values, separated by spaces.",
        ),
        col(
            "authenticated_at",
            Millis,
            "app_sessions::insert, authenticated_again",
            "When the person last proved who they are.",
        ),
        col("created_at", Millis, "app_sessions::insert", "When it began."),
        col(
            "expires_at",
            Millis,
            "app_sessions::insert, rotate",
            "When it ends unless it is refreshed before.",
        ),
        col("last_used_at", Millis, "app_sessions::rotate", "When it was last refreshed."),
        col("refresh_sha256", Bytes, "app_sessions::insert, rotate", "SHA-256 of the valid refresh token."),
        col("previous_sha256", Bytes, "app_sessions::rotate", "SHA-256 of the refresh token before it.")
            .or_null(),
        col("rotated_at", Millis, "app_sessions::rotate", "When the valid refresh token was made.").or_null(),
        col(
            "sealed_refresh",
            Bytes,
            "app_sessions::rotate",
            "The valid refresh token, sealed, for who repeats the request that made it.",
        )
        .or_null(),
        col("user_agent", Text, "app_sessions::insert", "What the app said it is.").or_null(),
        col("peer", Text, "app_sessions::insert", "The network that it signed in from.").or_null(),
    ],
    primary_key: &["id"],
    unique: &[],
    indexes: &[&["user_id", "id"], &["client"], &["expires_at"]],
    references: &[TO_USER],
};

static ACCOUNT_LOG: Table = Table {
    name: "account_log",
    one: "an entry with this id",
    meaning: "What happened to a person's account: sign-ins, changed factors, ended sessions. Theirs to read.",
    columns: &[
        col("id", Uuid, "account_log::insert", "Its identity, in order of time."),
        col("user_id", Uuid, "account_log::insert", "Whose account."),
        col("time", Millis, "account_log::insert", "When."),
        col("kind", Text, "account_log::insert", "What happened."),
        col("detail", Json, "account_log::insert", "More about it; never a secret."),
        col("user_agent", Text, "account_log::insert", "The program it came from, as it said itself.")
            .or_null(),
        col("peer", Text, "account_log::insert", "The network it came from.").or_null(),
    ],
    primary_key: &["id"],
    unique: &[],
    indexes: &[&["user_id", "id"]],
    references: &[TO_USER],
};

static TICKETS: Table = Table {
    name: "tickets",
    one: "a ticket with this secret",
    meaning: "What is good once and not for long: links in mails, challenges, requests that a page is about to answer.",
    columns: &[
        col("secret_sha256", Bytes, "tickets::insert", "SHA-256 of the secret, by which it is found."),
        col("purpose", Text, "tickets::insert", "What it is good for; for nothing else."),
        col("user_id", Uuid, "tickets::insert", "Whose it is; null where nobody is known yet.").or_null(),
        col("sealed", Bytes, "tickets::insert", "What it stands for, sealed under the server's key."),
        col("created_at", Millis, "tickets::insert", "When it was made."),
        col("expires_at", Millis, "tickets::insert", "The first instant at which it is not good any more."),
    ],
    primary_key: &["secret_sha256"],
    unique: &[],
    indexes: &[&["user_id", "purpose"], &["expires_at"]],
    references: &[TO_USER],
};

static NOTIFICATIONS: Table = Table {
    name: "notifications",
    one: "a notification with this id",
    meaning: "What people are to be told, written with what it tells and sent until it arrived or was given up.",
    columns: &[
        col(
            "id",
            Uuid,
            "notifications::insert",
            "Its identity; the same at every try, so that a channel can tell repetitions.",
        ),
        col(
            "user_id",
            Uuid,
            "notifications::insert",
            "Whom it is for; null for somebody without an account.",
        )
        .or_null(),
        col("organisation", Uuid, "notifications::insert", "Whose matter it is; null for a person's own.")
            .or_null(),
        col("channel", Text, "notifications::insert", "How it is sent: email."),
        col(
            "sealed_address",
            Bytes,
            "notifications::insert, settle",
            "Where to, sealed; empty once it was settled for somebody without an account.",
        ),
        col("language", Text, "notifications::insert", "The language to word it in."),
        col("template", Text, "notifications::insert", "What it says."),
        col(
            "sealed_values",
            Bytes,
            "notifications::insert",
            "What is filled in, sealed, since links in it are secrets; empty once it was sent or given up.",
        ),
        col("created_at", Millis, "notifications::insert", "When it was written."),
        col("due_at", Millis, "notifications::insert, put_off", "When it is tried next."),
        col("tries", Integer, "notifications::put_off", "How often it was tried in vain."),
        col("state", Text, "notifications::settle", "queued, sent or given_up."),
        col("settled_at", Millis, "notifications::settle", "When it was sent or given up.").or_null(),
        col("last_error", Text, "notifications::put_off, settle", "Why the last try failed.").or_null(),
    ],
    primary_key: &["id"],
    unique: &[],
    indexes: &[&["state", "due_at"], &["user_id", "id"]],
    references: &[TO_USER],
};

pub(super) const MIGRATION: Migration = Migration {
    name: "m0009_identity",
    steps: &[
        Step::AddColumn {
            table: "users",
            column: col(
                "email_verified_at",
                Millis,
                "users::set_email",
                "When the address was proved; null while it was not.",
            )
            .or_null(),
        },
        Step::AddColumn {
            table: "users",
            column: col(
                "preferences",
                Json,
                "users::set_preferences",
                "Language, time zone, units and what to notify; null for none set.",
            )
            .or_null(),
        },
        Step::AddColumn {
            table: "tokens",
            column: col(
                "authenticated_at",
                Millis,
                "tokens::insert, renew",
                "When its owner last proved who they are; null for API tokens.",
            )
            .or_null(),
        },
        Step::AddColumn {
            table: "tokens",
            column: col("amr", Text, "tokens::insert, renew", "How: RFC 8176 values, separated by spaces.")
                .or_null(),
        },
        Step::AddColumn {
            table: "tokens",
            column: col(
                "scopes",
                Text,
                "tokens::insert",
                "What it may do: OAuth scopes, separated by spaces; null for everything.",
            )
            .or_null(),
        },
        Step::AddColumn {
            table: "tokens",
            column: col(
                "user_agent",
                Text,
                "tokens::insert",
                "The browser that signed in, as it said itself.",
            )
            .or_null(),
        },
        Step::AddColumn {
            table: "tokens",
            column: col("peer", Text, "tokens::insert", "The network that it signed in from.").or_null(),
        },
        Step::CreateTable(&SIGNING_KEYS),
        Step::CreateTable(&APP_SESSIONS),
        Step::CreateTable(&ACCOUNT_LOG),
        Step::CreateTable(&TICKETS),
        Step::CreateTable(&NOTIFICATIONS),
    ],
};
