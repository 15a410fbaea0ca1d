//! The eighth migration: certificates of devices.

use super::{Migration, Step};
use crate::schema::Kind::{Bytes, Millis, Uuid};
use crate::schema::{OnDelete, Reference, Table, Unique, col};

static DEVICE_CERTIFICATES: Table = Table {
    name: "device_certificates",
    one: "a certificate with this serial number",
    meaning: "Certificates that were issued to devices; checked at every sign-in.",
    columns: &[
        col("id", Uuid, "certificates::insert", "Its identity; also its serial number."),
        col("organisation", Uuid, "certificates::insert", "The device's organisation."),
        col("device", Uuid, "certificates::insert", "Whose it is."),
        col(
            "sha256",
            Bytes,
            "certificates::insert",
            "SHA-256 of its DER, by which a peer's certificate is found.",
        ),
        col("not_before", Millis, "certificates::insert", "From when on it is valid."),
        col("not_after", Millis, "certificates::insert", "The first instant at which it is valid no more."),
        col("revoked_at", Millis, "certificates::revoke", "When it was revoked; null while it was not.")
            .or_null(),
    ],
    primary_key: &["id"],
    unique: &[Unique { columns: &["sha256"], one: "this certificate" }],
    indexes: &[&["organisation", "device", "id"]],
    references: &[Reference {
        columns: &["device"],
        table: "devices",
        to: &["id"],
        on_delete: OnDelete::Cascade,
    }],
};

pub(super) const MIGRATION: Migration =
    Migration { name: "m0008_device_certificates", steps: &[Step::CreateTable(&DEVICE_CERTIFICATES)] };
