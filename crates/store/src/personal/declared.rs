//! The classification: what of each table is about people, what of that is handed out, and what erasing does to it.

/// How a row says whom it is about.
pub(super) enum Concerns {
    /// By the person's id.
    Id(&'static str),
    /// As the cause of something (`lares_model::event::Cause`).
    Cause(&'static str),
    /// By an e-mail address.
    Email(&'static str),
}

/// What becomes of a person's rows when the person is erased.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Erased {
    /// They are deleted.
    Rows,
    /// They refer to the account and go with it.
    WithAccount,
    /// They stay, with an id that leads to nobody any more.
    IdOnly,
}

pub(super) struct Personal {
    pub table: &'static str,
    pub concerns: &'static [Concerns],
    /// Unique within what is about a person.
    pub order: &'static str,
    pub exported: &'static [&'static str],
    /// With the reason why not.
    pub withheld: &'static [(&'static str, &'static str)],
    pub erased: Erased,
}

const SECRET: &str = "a secret, or what one is checked with";
const OTHERS: &str = "says nothing of the person";

use Concerns::{Cause, Email, Id};

pub(super) static PERSONAL: &[Personal] = &[
    Personal {
        table: "users",
        concerns: &[Id("id")],
        order: "id",
        exported: &["id", "email", "name", "created_at", "email_verified_at", "preferences"],
        withheld: &[("password_phc", SECRET), ("sign_in_epoch", OTHERS)],
        erased: Erased::Rows,
    },
    Personal {
        table: "memberships",
        concerns: &[Id("user_id")],
        order: "id",
        exported: &["id", "organisation", "user_id", "role", "valid_from", "valid_until"],
        withheld: &[],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "tokens",
        concerns: &[Id("user_id")],
        order: "id",
        exported: &[
            "id",
            "user_id",
            "kind",
            "name",
            "created_at",
            "expires_at",
            "last_used_at",
            "authenticated_at",
            "amr",
            "scopes",
            "user_agent",
            "peer",
        ],
        withheld: &[("secret_sha256", SECRET)],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "app_sessions",
        concerns: &[Id("user_id")],
        order: "id",
        exported: &[
            "id",
            "user_id",
            "client",
            "scopes",
            "amr",
            "authenticated_at",
            "created_at",
            "expires_at",
            "last_used_at",
            "rotated_at",
            "user_agent",
            "peer",
        ],
        withheld: &[("refresh_sha256", SECRET), ("previous_sha256", SECRET), ("sealed_refresh", SECRET)],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "account_log",
        concerns: &[Id("user_id")],
        order: "id",
        exported: &["id", "user_id", "time", "kind", "detail", "user_agent", "peer"],
        withheld: &[],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "tickets",
        concerns: &[Id("user_id")],
        order: "secret_sha256",
        exported: &["purpose", "user_id", "created_at", "expires_at"],
        withheld: &[("secret_sha256", SECRET), ("sealed", SECRET)],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "notifications",
        concerns: &[Id("user_id")],
        order: "id",
        // The address is opened before it is handed out.
        exported: &[
            "id",
            "user_id",
            "organisation",
            "channel",
            "sealed_address",
            "language",
            "template",
            "created_at",
            "due_at",
            "tries",
            "state",
            "settled_at",
            "last_error",
        ],
        withheld: &[("sealed_values", SECRET)],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "idempotency_keys",
        concerns: &[Id("owner")],
        order: "key",
        exported: &["owner", "key", "status", "opened_at"],
        withheld: &[("request_sha256", OTHERS), ("body", SECRET)],
        erased: Erased::Rows,
    },
    Personal {
        table: "subject_keys",
        concerns: &[Id("subject")],
        order: "subject",
        exported: &["subject", "organisation", "created_at"],
        withheld: &[("wrapped_key", SECRET)],
        // By itself, since erasing a person begins with it.
        erased: Erased::IdOnly,
    },
    Personal {
        table: "totp",
        concerns: &[Id("user_id")],
        order: "user_id",
        exported: &["user_id", "created_at", "confirmed_at"],
        withheld: &[("sealed_secret", SECRET), ("last_step", OTHERS)],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "recovery_codes",
        concerns: &[Id("user_id")],
        order: "code_hmac",
        exported: &["user_id", "created_at"],
        withheld: &[("code_hmac", SECRET)],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "passkeys",
        concerns: &[Id("user_id")],
        order: "id",
        exported: &["id", "user_id", "name", "credential", "counter", "created_at", "last_used_at"],
        withheld: &[("credential_id", "is in `credential`")],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "identities",
        concerns: &[Id("user_id")],
        order: "id",
        exported: &["id", "user_id", "provider", "issuer", "subject", "email", "created_at", "last_used_at"],
        withheld: &[],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "invitations",
        concerns: &[Id("invited_by"), Email("email")],
        order: "id",
        exported: &[
            "id",
            "organisation",
            "email",
            "role",
            "member_until",
            "invited_by",
            "created_at",
            "expires_at",
        ],
        withheld: &[("secret_sha256", SECRET)],
        erased: Erased::Rows,
    },
    Personal {
        table: "alarms",
        concerns: &[Id("acknowledged_by")],
        order: "id",
        exported: &[
            "id",
            "organisation",
            "home",
            "device",
            "kind",
            "severity",
            "raised_at",
            "acknowledged_at",
            "acknowledged_by",
            "note",
        ],
        withheld: &[
            ("source", OTHERS),
            ("cause_key", OTHERS),
            ("detail", OTHERS),
            ("last_raised_at", OTHERS),
            ("times", OTHERS),
            ("cleared_at", OTHERS),
        ],
        erased: Erased::IdOnly,
    },
    Personal {
        table: "oauth_consents",
        concerns: &[Id("user_id")],
        order: "client",
        exported: &["user_id", "client", "scopes", "created_at", "updated_at"],
        withheld: &[],
        erased: Erased::WithAccount,
    },
    Personal {
        table: "oauth_device_grants",
        concerns: &[Id("user_id")],
        order: "device_code_sha256",
        exported: &[
            "client",
            "scopes",
            "user_agent",
            "peer",
            "created_at",
            "expires_at",
            "decision",
            "user_id",
            "authenticated_at",
            "amr",
        ],
        withheld: &[
            ("device_code_sha256", SECRET),
            ("user_code_sha256", SECRET),
            ("interval_s", OTHERS),
            ("polled_at", OTHERS),
        ],
        erased: Erased::Rows,
    },
    Personal {
        table: "commands",
        concerns: &[Cause("issuer")],
        order: "id",
        exported: &[
            "id",
            "organisation",
            "home",
            "device",
            "endpoint",
            "name",
            "args",
            "preconditions",
            "issuer",
            "created_at",
            "not_after",
            "state",
            "state_since",
            "reason",
        ],
        withheld: &[
            ("counter", OTHERS),
            ("nonce", SECRET),
            ("sent_at", OTHERS),
            ("attempts", OTHERS),
            ("settled", OTHERS),
        ],
        erased: Erased::IdOnly,
    },
    Personal {
        table: "events",
        concerns: &[Cause("cause")],
        order: "id",
        exported: &["organisation", "seq", "id", "event_type", "time", "home", "device", "cause", "payload"],
        withheld: &[("recorded", OTHERS), ("origin", OTHERS), ("origin_seq", OTHERS)],
        erased: Erased::IdOnly,
    },
];

/// The other tables, and what they are about instead.
#[cfg(test)]
pub(super) static IMPERSONAL: &[(&str, &str)] = &[
    ("organisations", "households and businesses"),
    ("homes", "homes; what is in the log of their address is sealed under the home's own key"),
    ("rooms", "homes"),
    ("devices", "devices"),
    ("device_tags", "devices"),
    ("device_capabilities", "devices"),
    ("device_credentials", "devices"),
    ("device_states", "devices"),
    ("device_certificates", "devices"),
    ("discovered", "devices"),
    ("mqtt_clients", "programs of a home"),
    ("webhooks", "programs of a home"),
    ("retention", "organisations"),
    ("log_head", "the event log"),
    ("cursors", "the event log"),
    ("command_history", "what became of commands"),
    ("ingest_positions", "the ingest log"),
    ("oauth_clients", "programs of an organisation"),
    ("device_keys", "devices"),
    ("signing_keys", "the server"),
];
