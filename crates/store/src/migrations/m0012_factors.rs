//! The twelfth migration: what people prove who they are with, beside a password.

use super::{Migration, Step};
use crate::schema::Kind::{Bytes, Integer, Json, Millis, Text, Uuid};
use crate::schema::{OnDelete, Reference, Table, Unique, col};

const TO_USER: Reference =
    Reference { columns: &["user_id"], table: "users", to: &["id"], on_delete: OnDelete::Cascade };

static TOTP: Table = Table {
    name: "totp",
    one: "a code generator of this person",
    meaning: "Generators of codes (RFC 6238), one per person; asked for with the password once it was confirmed.",
    columns: &[
        col("user_id", Uuid, "totp::put", "Whose."),
        col("sealed_secret", Bytes, "totp::put", "The shared secret, sealed under the server's key."),
        col("created_at", Millis, "totp::put", "When it was made."),
        col("confirmed_at", Millis, "totp::confirm", "When its first code was shown; null before that.")
            .or_null(),
        col(
            "last_step",
            Integer,
            "totp::confirm, accept",
            "The newest step a code of which was taken: neither it nor an older one is taken again.",
        )
        .or_null(),
    ],
    primary_key: &["user_id"],
    unique: &[],
    indexes: &[],
    references: &[TO_USER],
};

static RECOVERY_CODES: Table = Table {
    name: "recovery_codes",
    one: "a recovery code of this person",
    meaning: "Codes for when the generator is lost. Each is good once, and its row goes with its use.",
    columns: &[
        col("user_id", Uuid, "recovery_codes::replace", "Whose."),
        col(
            "code_hmac",
            Bytes,
            "recovery_codes::replace",
            "HMAC-SHA-256 of person and code under the server's key, its first 16 bytes.",
        ),
        col("created_at", Millis, "recovery_codes::replace", "When it was made."),
    ],
    primary_key: &["user_id", "code_hmac"],
    unique: &[],
    indexes: &[],
    references: &[TO_USER],
};

static PASSKEYS: Table = Table {
    name: "passkeys",
    one: "a passkey with this id",
    meaning: "Public keys of authenticators (WebAuthn), several per person; each signs in without a password.",
    columns: &[
        col("id", Uuid, "passkeys::insert", "Its identity."),
        col("user_id", Uuid, "passkeys::insert", "Whose."),
        col("name", Text, "passkeys::insert, rename", "What its person calls it."),
        col("credential_id", Bytes, "passkeys::insert", "What the authenticator calls it."),
        col(
            "credential",
            Json,
            "passkeys::insert, used",
            "Public key, flags and what else is checked at the next use.",
        ),
        col("counter", Integer, "passkeys::insert, used", "Signatures it had made when it was last used."),
        col("created_at", Millis, "passkeys::insert", "When it was registered."),
        col("last_used_at", Millis, "passkeys::used", "When it last signed in; null before that.").or_null(),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["credential_id"], one: "this passkey" }],
    indexes: &[&["user_id", "id"]],
    references: &[TO_USER],
};

static IDENTITIES: Table = Table {
    name: "identities",
    one: "an identity with this id",
    meaning: "Accounts elsewhere (OpenID Connect) that people sign in with.",
    columns: &[
        col("id", Uuid, "identities::insert", "Its identity."),
        col("user_id", Uuid, "identities::insert", "Whose."),
        col("provider", Text, "identities::insert", "The key of the provider in the configuration."),
        col("issuer", Text, "identities::insert", "The issuer that vouches for it."),
        col(
            "subject",
            Text,
            "identities::insert",
            "What the issuer calls the person; never given to another.",
        ),
        col(
            "email",
            Text,
            "identities::insert",
            "The address that the issuer told; null where it told none.",
        )
        .or_null(),
        col("created_at", Millis, "identities::insert", "When it was linked."),
        col("last_used_at", Millis, "identities::used", "When it last signed in; null before that.")
            .or_null(),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["issuer", "subject"], one: "a link of this account elsewhere" }],
    indexes: &[&["user_id", "id"]],
    references: &[TO_USER],
};

pub(super) const MIGRATION: Migration = Migration {
    name: "m0012_factors",
    steps: &[
        Step::CreateTable(&TOTP),
        Step::CreateTable(&RECOVERY_CODES),
        Step::CreateTable(&PASSKEYS),
        Step::CreateTable(&IDENTITIES),
    ],
};
