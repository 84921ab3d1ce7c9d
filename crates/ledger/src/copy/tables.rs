//! The tables of the ledger, with their columns: what a copy takes along. Held against the real schemas in a test.

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// Text.
    Text(&'static str),
    /// A whole number.
    Number(&'static str),
}

impl Column {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Number(name) => name,
        }
    }
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    /// The columns of its key, in their order.
    pub(super) key: &'static [&'static str],
    /// Whether the database numbers its rows.
    pub(super) is_numbered: bool,
}

use Column::{Number, Text};

/// All tables, each after those that it refers to.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "runs",
        columns: &[
            Number("id"),
            Text("command"),
            Text("software"),
            Text("process"),
            Text("started"),
            Text("last_seen"),
            Text("ended"),
            Text("outcome"),
        ],
        key: &["id"],
        is_numbered: true,
    },
    Table {
        name: "steps",
        columns: &[
            Number("run"),
            Text("kind"),
            Text("subject"),
            Text("step"),
            Text("started"),
            Text("ended"),
            Text("outcome"),
            Text("error_class"),
            Text("error_message"),
        ],
        key: &["run", "kind", "subject", "step"],
        is_numbered: false,
    },
    Table {
        name: "deliveries",
        columns: &[
            Text("vt"),
            Text("maand"),
            Number("nr"),
            Text("soort"),
            Text("tot_en_met"),
            Text("status"),
            Text("first_seen"),
            Text("decided_at"),
            Number("advies"),
            Number("melding"),
            Number("vervolgdienst"),
            Number("dropped"),
            Text("listing_digest"),
        ],
        key: &["vt", "maand", "nr"],
        is_numbered: false,
    },
    Table {
        name: "findings",
        columns: &[
            Text("vt"),
            Text("maand"),
            Number("nr"),
            Number("position"),
            Text("check_id"),
            Text("severity"),
            Text("scope"),
            Text("bestand"),
            Text("veld"),
            Number("aantal"),
            Text("melding"),
        ],
        key: &["vt", "maand", "nr", "position"],
        is_numbered: false,
    },
    Table {
        name: "failed_pulls",
        columns: &[
            Text("vt"),
            Text("maand"),
            Number("attempts"),
            Text("first_failed"),
            Text("last_failed"),
            Text("error_class"),
            Text("error_message"),
        ],
        key: &["vt", "maand"],
        is_numbered: false,
    },
    Table {
        name: "publications",
        columns: &[
            Text("cadence"),
            Text("period"),
            Number("issue"),
            Text("status"),
            Text("reserved_at"),
            Text("published_at"),
            Text("manifest_digest"),
            Text("voided_at"),
            Text("void_reason"),
        ],
        key: &["cadence", "period", "issue"],
        is_numbered: false,
    },
    Table {
        name: "held_back",
        columns: &[
            Text("cadence"),
            Text("period"),
            Number("issue"),
            Text("since"),
            Text("reason_class"),
            Text("reason_message"),
        ],
        key: &["cadence", "period", "issue"],
        is_numbered: false,
    },
    Table {
        name: "leases",
        columns: &[Text("name"), Text("holder"), Number("token"), Text("expires")],
        key: &["name"],
        is_numbered: false,
    },
    Table {
        name: "audit",
        columns: &[
            Number("seq"),
            Text("at"),
            Text("actor"),
            Text("action"),
            Text("subject"),
            Text("reason"),
            Text("before_json"),
            Text("after_json"),
            Text("previous"),
            Text("digest"),
        ],
        key: &["seq"],
        is_numbered: false,
    },
    Table {
        name: "cadence_decisions",
        columns: &[Number("id"), Text("from_day"), Text("cadence"), Text("decided_at"), Text("actor"), Text("reason")],
        key: &["id"],
        is_numbered: true,
    },
    Table {
        name: "arrangements",
        columns: &[
            Number("id"),
            Text("kind"),
            Text("vt"),
            Text("maand"),
            Text("from_day"),
            Text("until_day"),
            Text("owner"),
            Text("reason"),
            Text("made_at"),
            Text("made_by"),
            Text("ended_at"),
            Text("ended_by"),
            Text("ended_reason"),
        ],
        key: &["id"],
        is_numbered: true,
    },
    Table {
        name: "backfills",
        columns: &[
            Number("id"),
            Text("state"),
            Text("plan"),
            Text("plan_digest"),
            Text("actor"),
            Text("reason"),
            Text("begun_at"),
            Text("changed_at"),
            Text("ended_at"),
            Number("published"),
            Text("unpublished"),
        ],
        key: &["id"],
        is_numbered: true,
    },
    Table {
        name: "backfill_items",
        columns: &[
            Number("backfill"),
            Text("vt"),
            Text("maand"),
            Text("state"),
            Number("attempts"),
            Text("error_class"),
            Text("error_message"),
            Text("changed_at"),
        ],
        key: &["backfill", "vt", "maand"],
        is_numbered: false,
    },
    Table {
        name: "backfill_claims",
        columns: &[Text("vt"), Text("maand"), Number("backfill")],
        key: &["vt", "maand"],
        is_numbered: false,
    },
    Table {
        name: "pulled",
        columns: &[Text("vt"), Text("maand"), Text("at")],
        key: &["vt", "maand"],
        is_numbered: false,
    },
    Table {
        name: "tokens",
        columns: &[
            Number("id"),
            Text("name"),
            Text("role"),
            Text("regio"),
            Text("hash"),
            Text("created_at"),
            Text("created_by"),
            Text("expires_at"),
            Text("revoked_at"),
            Text("revoked_by"),
            Text("last_used"),
        ],
        key: &["id"],
        is_numbered: true,
    },
    Table {
        name: "sessions",
        columns: &[
            Text("hash"),
            Text("csrf"),
            Number("token"),
            Text("actor"),
            Text("role"),
            Text("regio"),
            Text("begun_at"),
            Text("expires_at"),
        ],
        key: &["hash"],
        is_numbered: false,
    },
    Table {
        name: "requests",
        columns: &[Text("actor"), Text("key"), Text("request"), Text("at"), Number("status"), Text("body")],
        key: &["actor", "key"],
        is_numbered: false,
    },
    Table {
        name: "run_lines",
        columns: &[Number("run"), Number("seq"), Text("at"), Text("level"), Text("text")],
        key: &["run", "seq"],
        is_numbered: false,
    },
    Table {
        name: "alerts",
        columns: &[
            Number("id"),
            Text("rule"),
            Text("subject"),
            Text("text"),
            Text("since"),
            Text("ended_at"),
            Text("reminded_at"),
        ],
        key: &["id"],
        is_numbered: true,
    },
    Table {
        name: "alert_messages",
        columns: &[
            Number("id"),
            Number("alert"),
            Text("kind"),
            Text("channel"),
            Text("made_at"),
            Text("sent_at"),
            Number("attempts"),
            Text("last_error"),
        ],
        key: &["id"],
        is_numbered: true,
    },
    Table {
        name: "alert_mutes",
        columns: &[
            Number("id"),
            Text("rule"),
            Text("subject"),
            Text("until_at"),
            Text("actor"),
            Text("reason"),
            Text("made_at"),
            Text("ended_at"),
        ],
        key: &["id"],
        is_numbered: true,
    },
    Table {
        name: "stores",
        columns: &[Number("only"), Text("mark"), Text("since")],
        key: &["only"],
        is_numbered: false,
    },
];
