//! People, their places in organisations, and the secrets kept for them.

use crate::schema::Kind::{Bytes, Integer, Millis, Text, Uuid};
use crate::schema::OnDelete::{Cascade, Refuse};
use crate::schema::{Reference, Table, Unique, col};

const TO_ORGANISATION: Reference =
    Reference { columns: &["organisation"], table: "organisations", to: &["id"], on_delete: Refuse };

const TO_USER: Reference =
    Reference { columns: &["user_id"], table: "users", to: &["id"], on_delete: Cascade };

pub(super) static USERS: Table = Table {
    name: "users",
    one: "a user with this id",
    meaning: "A person who signs in. Belongs to no organisation: memberships say where they have a place.",
    columns: &[
        col("id", Uuid, "users::insert", "Their identity."),
        col("email", Text, "users::insert", "What they sign in with, in lower case."),
        col("name", Text, "users::insert", "What to call them."),
        col(
            "password_phc",
            Text,
            "users::insert, set_password",
            "The password's hash with its parameters, in PHC string format.",
        ),
        col("created_at", Millis, "users::insert", "When the account was made."),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["email"], one: "a user with this e-mail address" }],
    indexes: &[],
    references: &[],
};

pub(super) static MEMBERSHIPS: Table = Table {
    name: "memberships",
    one: "a membership with this id",
    meaning: "A person's place in an organisation. One person may have several that hold at different times.",
    columns: &[
        col("id", Uuid, "memberships::insert", "Its identity."),
        col("organisation", Uuid, "memberships::insert", "The organisation."),
        col(
            "user_id",
            Uuid,
            "memberships::insert",
            "The person. Not `user`: unquoted, PostgreSQL takes that for the session's own.",
        ),
        col(
            "role",
            Text,
            "memberships::insert",
            "What the person may do there: owner, admin, member or viewer.",
        ),
        col("valid_from", Millis, "memberships::insert", "The first instant at which it holds."),
        col(
            "valid_until",
            Millis,
            "memberships::insert",
            "The first instant at which it no longer holds; null while open-ended.",
        )
        .or_null(),
    ],
    primary_key: &["id"],
    unique: &[],
    indexes: &[&["organisation", "id"], &["user_id"]],
    references: &[TO_ORGANISATION, TO_USER],
};

pub(super) static TOKENS: Table = Table {
    name: "tokens",
    one: "a token with this id",
    meaning: "API tokens and sign-in sessions. They belong to a person, not to an organisation.",
    columns: &[
        col("id", Uuid, "tokens::insert", "Its identity; not the secret."),
        col("user_id", Uuid, "tokens::insert", "Whose it is."),
        col("kind", Text, "tokens::insert", "session (made by signing in) or api (made on purpose)."),
        col("name", Text, "tokens::insert", "What its owner calls it."),
        col(
            "secret_sha256",
            Bytes,
            "tokens::insert",
            "SHA-256 of the secret, by which it is found; the secret itself is shown once and not kept.",
        ),
        col("created_at", Millis, "tokens::insert", "When it was made."),
        col(
            "expires_at",
            Millis,
            "tokens::insert, end_at",
            "The first instant at which it no longer holds; null when it does not expire.",
        )
        .or_null(),
        col(
            "last_used_at",
            Millis,
            "tokens::touch",
            "When it was last used, so that its owner can tell what to remove.",
        )
        .or_null(),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["secret_sha256"], one: "a token with this secret" }],
    indexes: &[&["user_id", "id"]],
    references: &[TO_USER],
};

pub(super) static IDEMPOTENCY_KEYS: Table = Table {
    name: "idempotency_keys",
    one: "a request with this idempotency key",
    meaning: "Answers given before, so that a repeated request takes effect once.",
    columns: &[
        col("owner", Uuid, "idempotency::open", "Whose key it is: two people may choose the same."),
        col("key", Text, "idempotency::open", "The key as the client sent it."),
        col(
            "request_sha256",
            Bytes,
            "idempotency::open",
            "SHA-256 of the request, to refuse another one under the same key.",
        ),
        col(
            "status",
            Integer,
            "idempotency::close",
            "The HTTP status that was answered; null only within the unit of work that opened it.",
        )
        .or_null(),
        col(
            "body",
            Bytes,
            "idempotency::close",
            "The answer, sealed by the caller since it may hold a secret.",
        )
        .or_null(),
        col(
            "opened_at",
            Millis,
            "idempotency::open",
            "When the request came, to tell when it can be forgotten.",
        ),
    ],
    primary_key: &["owner", "key"],
    unique: &[],
    indexes: &[&["opened_at"]],
    references: &[],
};

pub(super) static SUBJECT_KEYS: Table = Table {
    name: "subject_keys",
    one: "a key of this subject",
    meaning: "The key under which a subject's personal fields are sealed in the event log. Without it they are gone.",
    columns: &[
        col(
            "subject",
            Uuid,
            "subject_keys::insert",
            "Whom or what the fields are about: a person or a home.",
        ),
        col(
            "organisation",
            Uuid,
            "subject_keys::insert, leave",
            "In whose log the fields are, or some of them.",
        ),
        col("wrapped_key", Bytes, "subject_keys::insert", "The key, sealed under the server's own."),
        col("created_at", Millis, "subject_keys::insert", "When it was made."),
    ],
    primary_key: &["subject"],
    unique: &[],
    indexes: &[&["organisation", "subject"]],
    references: &[TO_ORGANISATION],
};
