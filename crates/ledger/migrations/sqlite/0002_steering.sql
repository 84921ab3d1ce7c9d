-- What steers the service: who decided what, and why. Forms of columns are those of 0001.

-- Every change that steers, and other acts worth remembering. Each entry holds the digest of the one before it; the digests are
-- made and checked by the program (src/audit/chain.rs). JSON is kept as the text that was hashed.
CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY CHECK (seq > 0),
    at          TEXT NOT NULL CHECK (length(at) = 24),
    actor       TEXT NOT NULL CHECK (actor <> ''),
    action      TEXT NOT NULL CHECK (action <> ''),
    subject     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    before_json TEXT,
    after_json  TEXT,
    previous    TEXT NOT NULL CHECK (length(previous) = 64),
    digest      TEXT NOT NULL CHECK (length(digest) = 64)
) STRICT;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- No gap, and no REPLACE, which deletes without the trigger above.
CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- From which day on which cadence is published. A later decision goes before an earlier one.
CREATE TABLE cadence_decisions (
    id         INTEGER PRIMARY KEY,
    from_day   TEXT NOT NULL CHECK (length(from_day) = 10),
    cadence    TEXT NOT NULL CHECK (cadence IN ('week', 'two_weeks', 'four_weeks', 'iso_year')),
    decided_at TEXT NOT NULL CHECK (length(decided_at) = 24),
    actor      TEXT NOT NULL CHECK (actor <> ''),
    reason     TEXT NOT NULL CHECK (reason <> '')
) STRICT;

CREATE TRIGGER cadence_decisions_are_never_changed BEFORE UPDATE ON cadence_decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions on the cadence are append-only');
END;

CREATE TRIGGER cadence_decisions_are_never_deleted BEFORE DELETE ON cadence_decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions on the cadence are append-only');
END;

CREATE TRIGGER cadence_decisions_are_never_replaced BEFORE INSERT ON cadence_decisions
WHEN EXISTS (SELECT 1 FROM cadence_decisions WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'decisions on the cadence are append-only');
END;

-- What was agreed with a region.
CREATE TABLE arrangements (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('outage', 'extension', 'pause')),
    vt           TEXT NOT NULL CHECK (vt <> ''),
    maand        TEXT CHECK (length(maand) = 7),
    from_day     TEXT NOT NULL CHECK (length(from_day) = 10),
    until_day    TEXT CHECK (length(until_day) = 10),
    owner        TEXT NOT NULL CHECK (owner <> ''),
    reason       TEXT NOT NULL CHECK (reason <> ''),
    made_at      TEXT NOT NULL CHECK (length(made_at) = 24),
    made_by      TEXT NOT NULL CHECK (made_by <> ''),
    ended_at     TEXT CHECK (length(ended_at) = 24),
    ended_by     TEXT CHECK (ended_by <> ''),
    ended_reason TEXT CHECK (ended_reason <> ''),
    CHECK ((kind = 'extension') = (maand IS NOT NULL)),
    CHECK (kind = 'pause' OR until_day IS NOT NULL),
    CHECK (until_day >= from_day),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended_reason IS NULL))
) STRICT;

CREATE UNIQUE INDEX arrangements_open
    ON arrangements (kind, vt, COALESCE(maand, ''), from_day, COALESCE(until_day, ''), owner) WHERE ended_at IS NULL;

CREATE TABLE backfills (
    id          INTEGER PRIMARY KEY,
    state       TEXT NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done', 'partial')),
    plan        TEXT NOT NULL,
    plan_digest TEXT NOT NULL CHECK (plan_digest <> ''),
    actor       TEXT NOT NULL CHECK (actor <> ''),
    reason      TEXT CHECK (reason <> ''),
    begun_at    TEXT NOT NULL CHECK (length(begun_at) = 24),
    changed_at  TEXT NOT NULL CHECK (length(changed_at) = 24),
    ended_at    TEXT CHECK (length(ended_at) = 24),
    published   INTEGER NOT NULL CHECK (published IN (0, 1)),
    unpublished TEXT CHECK (unpublished <> ''),
    CHECK ((ended_at IS NULL) = (state IN ('running', 'paused'))),
    CHECK (published = 1 OR state NOT IN ('done', 'partial')),
    CHECK (unpublished IS NULL OR state <> 'done')
) STRICT;

CREATE UNIQUE INDEX backfills_open ON backfills (plan_digest) WHERE ended_at IS NULL;

CREATE TABLE backfill_items (
    backfill      INTEGER NOT NULL REFERENCES backfills (id),
    vt            TEXT NOT NULL,
    maand         TEXT NOT NULL CHECK (length(maand) = 7),
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'cancelled')),
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    error_class   TEXT,
    error_message TEXT,
    changed_at    TEXT CHECK (length(changed_at) = 24),
    PRIMARY KEY (backfill, vt, maand),
    CHECK ((error_class IS NULL) = (error_message IS NULL)),
    CHECK ((error_class IS NULL) = (state <> 'failed'))
) STRICT;

-- Which backfill is at work on an order: one at most. A row goes when its backfill ends.
CREATE TABLE backfill_claims (
    vt       TEXT NOT NULL,
    maand    TEXT NOT NULL CHECK (length(maand) = 7),
    backfill INTEGER NOT NULL REFERENCES backfills (id),
    PRIMARY KEY (vt, maand)
) STRICT;

CREATE INDEX backfill_claims_by_backfill ON backfill_claims (backfill);

-- When a region's month was last pulled to its end: one that was not is asked for again, however old it is.
CREATE TABLE pulled (
    vt    TEXT NOT NULL,
    maand TEXT NOT NULL CHECK (length(maand) = 7),
    at    TEXT NOT NULL CHECK (length(at) = 24),
    PRIMARY KEY (vt, maand)
) STRICT;
