-- What steers the service: who decided what, and why. Forms of columns are those of 0001.

-- Every change that steers, and other acts worth remembering. Each entry holds the digest of the one before it; the digests are
-- made and checked by the program (src/audit/chain.rs). JSON is kept as the text that was hashed.
CREATE TABLE audit (
    seq         BIGINT PRIMARY KEY CHECK (seq > 0),
    at          TEXT COLLATE "C" NOT NULL CHECK (length(at) = 24),
    actor       TEXT COLLATE "C" NOT NULL CHECK (actor <> ''),
    action      TEXT COLLATE "C" NOT NULL CHECK (action <> ''),
    subject     TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    before_json TEXT COLLATE "C",
    after_json  TEXT COLLATE "C",
    previous    TEXT COLLATE "C" NOT NULL CHECK (length(previous) = 64),
    digest      TEXT COLLATE "C" NOT NULL CHECK (length(digest) = 64)
);

-- Refuses a change, with what the trigger says.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0];
END
$$;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the audit log is append-only');

-- No gap. A number that is there is refused by the key: two writers may want the same one, and the later takes the next.
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.seq > (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit) THEN
        RAISE EXCEPTION 'the audit log is append-only';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_only_grows();

-- From which day on which cadence is published. A later decision goes before an earlier one.
CREATE TABLE cadence_decisions (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_day   TEXT COLLATE "C" NOT NULL CHECK (length(from_day) = 10),
    cadence    TEXT COLLATE "C" NOT NULL CHECK (cadence IN ('week', 'two_weeks', 'four_weeks', 'iso_year')),
    decided_at TEXT COLLATE "C" NOT NULL CHECK (length(decided_at) = 24),
    actor      TEXT COLLATE "C" NOT NULL CHECK (actor <> ''),
    reason     TEXT COLLATE "C" NOT NULL CHECK (reason <> '')
);

CREATE TRIGGER cadence_decisions_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON cadence_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('decisions on the cadence are append-only');

-- What was agreed with a region.
CREATE TABLE arrangements (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         TEXT COLLATE "C" NOT NULL CHECK (kind IN ('outage', 'extension', 'pause')),
    vt           TEXT COLLATE "C" NOT NULL CHECK (vt <> ''),
    maand        TEXT COLLATE "C" CHECK (length(maand) = 7),
    from_day     TEXT COLLATE "C" NOT NULL CHECK (length(from_day) = 10),
    until_day    TEXT COLLATE "C" CHECK (length(until_day) = 10),
    owner        TEXT COLLATE "C" NOT NULL CHECK (owner <> ''),
    reason       TEXT COLLATE "C" NOT NULL CHECK (reason <> ''),
    made_at      TEXT COLLATE "C" NOT NULL CHECK (length(made_at) = 24),
    made_by      TEXT COLLATE "C" NOT NULL CHECK (made_by <> ''),
    ended_at     TEXT COLLATE "C" CHECK (length(ended_at) = 24),
    ended_by     TEXT COLLATE "C" CHECK (ended_by <> ''),
    ended_reason TEXT COLLATE "C" CHECK (ended_reason <> ''),
    CHECK ((kind = 'extension') = (maand IS NOT NULL)),
    CHECK (kind = 'pause' OR until_day IS NOT NULL),
    CHECK (until_day >= from_day),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended_reason IS NULL))
);

CREATE UNIQUE INDEX arrangements_open
    ON arrangements (kind, vt, COALESCE(maand, ''), from_day, COALESCE(until_day, ''), owner) WHERE ended_at IS NULL;

CREATE TABLE backfills (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done', 'partial')),
    plan        TEXT COLLATE "C" NOT NULL,
    plan_digest TEXT COLLATE "C" NOT NULL CHECK (plan_digest <> ''),
    actor       TEXT COLLATE "C" NOT NULL CHECK (actor <> ''),
    reason      TEXT COLLATE "C" CHECK (reason <> ''),
    begun_at    TEXT COLLATE "C" NOT NULL CHECK (length(begun_at) = 24),
    changed_at  TEXT COLLATE "C" NOT NULL CHECK (length(changed_at) = 24),
    ended_at    TEXT COLLATE "C" CHECK (length(ended_at) = 24),
    published   BIGINT NOT NULL CHECK (published IN (0, 1)),
    unpublished TEXT COLLATE "C" CHECK (unpublished <> ''),
    CHECK ((ended_at IS NULL) = (state IN ('running', 'paused'))),
    CHECK (published = 1 OR state NOT IN ('done', 'partial')),
    CHECK (unpublished IS NULL OR state <> 'done')
);

CREATE UNIQUE INDEX backfills_open ON backfills (plan_digest) WHERE ended_at IS NULL;

CREATE TABLE backfill_items (
    backfill      BIGINT NOT NULL REFERENCES backfills (id),
    vt            TEXT COLLATE "C" NOT NULL,
    maand         TEXT COLLATE "C" NOT NULL CHECK (length(maand) = 7),
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'cancelled')),
    attempts      BIGINT NOT NULL CHECK (attempts >= 0),
    error_class   TEXT COLLATE "C",
    error_message TEXT COLLATE "C",
    changed_at    TEXT COLLATE "C" CHECK (length(changed_at) = 24),
    PRIMARY KEY (backfill, vt, maand),
    CHECK ((error_class IS NULL) = (error_message IS NULL)),
    CHECK ((error_class IS NULL) = (state <> 'failed'))
);

-- Which backfill is at work on an order: one at most. A row goes when its backfill ends.
CREATE TABLE backfill_claims (
    vt       TEXT COLLATE "C" NOT NULL,
    maand    TEXT COLLATE "C" NOT NULL CHECK (length(maand) = 7),
    backfill BIGINT NOT NULL REFERENCES backfills (id),
    PRIMARY KEY (vt, maand)
);

CREATE INDEX backfill_claims_by_backfill ON backfill_claims (backfill);

-- When a region's month was last pulled to its end: one that was not is asked for again, however old it is.
CREATE TABLE pulled (
    vt    TEXT COLLATE "C" NOT NULL,
    maand TEXT COLLATE "C" NOT NULL CHECK (length(maand) = 7),
    at    TEXT COLLATE "C" NOT NULL CHECK (length(at) = 24),
    PRIMARY KEY (vt, maand)
);
