-- The same tables and columns as on SQLite. Text compares by its bytes, whatever the database's locale (COLLATE "C").
-- Instants are text of fixed width, UTC, to the millisecond (2020-08-05T06:30:00.000Z): they sort as they compare, on
-- SQLite and PostgreSQL alike. Days are 2020-08-05, months 2020-08. Counts are integers, enumerations lower-case text.

CREATE TABLE runs (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    command   TEXT COLLATE "C" NOT NULL,
    software  TEXT COLLATE "C" NOT NULL,
    process   TEXT COLLATE "C",
    started   TEXT COLLATE "C" NOT NULL CHECK (length(started) = 24),
    last_seen TEXT COLLATE "C" NOT NULL CHECK (length(last_seen) = 24),
    ended     TEXT COLLATE "C" CHECK (length(ended) = 24),
    outcome   TEXT COLLATE "C" CHECK (outcome IN ('succeeded', 'partial', 'failed', 'stopped', 'interrupted')),
    CHECK ((ended IS NULL) = (outcome IS NULL))
);

CREATE INDEX runs_open ON runs (id) WHERE ended IS NULL;

-- A run that is begun again while the first attempt is still under way in the database waits for that one.
CREATE UNIQUE INDEX runs_begun ON runs (process, command, started) WHERE ended IS NULL;

CREATE TABLE steps (
    run           BIGINT NOT NULL REFERENCES runs (id),
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('pull', 'publish')),
    subject       TEXT COLLATE "C" NOT NULL,
    step          TEXT COLLATE "C" NOT NULL CHECK (step IN ('fetch', 'parse', 'validate', 'keep', 'gate', 'aggregate', 'protect', 'reserve', 'render', 'publish')),
    started       TEXT COLLATE "C" NOT NULL CHECK (length(started) = 24),
    ended         TEXT COLLATE "C" CHECK (length(ended) = 24),
    outcome       TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('running', 'done', 'skipped', 'failed', 'interrupted')),
    error_class   TEXT COLLATE "C",
    error_message TEXT COLLATE "C",
    PRIMARY KEY (run, kind, subject, step),
    CHECK ((ended IS NULL) = (outcome = 'running')),
    CHECK ((error_class IS NULL) = (error_message IS NULL))
);

CREATE TABLE deliveries (
    vt             TEXT COLLATE "C" NOT NULL,
    maand          TEXT COLLATE "C" NOT NULL CHECK (length(maand) = 7),
    nr             BIGINT NOT NULL CHECK (nr > 0),
    soort          TEXT COLLATE "C" NOT NULL CHECK (soort IN ('volledig', 'tussentijds', 'correctie')),
    tot_en_met     TEXT COLLATE "C" NOT NULL CHECK (length(tot_en_met) = 10),
    status         TEXT COLLATE "C" NOT NULL CHECK (status IN ('accepted', 'rejected', 'failed')),
    first_seen     TEXT COLLATE "C" NOT NULL CHECK (length(first_seen) = 24),
    decided_at     TEXT COLLATE "C" CHECK (length(decided_at) = 24),
    advies         BIGINT CHECK (advies >= 0),
    melding        BIGINT CHECK (melding >= 0),
    vervolgdienst  BIGINT CHECK (vervolgdienst >= 0),
    dropped        BIGINT NOT NULL CHECK (dropped >= 0),
    listing_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (vt, maand, nr),
    CHECK ((decided_at IS NULL) = (status = 'failed'))
);

-- What the checks say of a delivery, without examples: ids and contents of records are in the vault's reports only.
CREATE TABLE findings (
    vt       TEXT COLLATE "C" NOT NULL,
    maand    TEXT COLLATE "C" NOT NULL,
    nr       BIGINT NOT NULL,
    position BIGINT NOT NULL,
    check_id TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL CHECK (severity IN ('signaal', 'waarschuwing', 'fout')),
    scope    TEXT COLLATE "C" NOT NULL CHECK (scope IN ('bestand', 'record', 'levering', 'reeks')),
    bestand  TEXT COLLATE "C",
    veld     TEXT COLLATE "C",
    aantal   BIGINT NOT NULL CHECK (aantal >= 0),
    melding  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (vt, maand, nr, position),
    FOREIGN KEY (vt, maand, nr) REFERENCES deliveries (vt, maand, nr)
);

-- Pulls that fail now: a row goes when a pull of the same region and month succeeds.
CREATE TABLE failed_pulls (
    vt            TEXT COLLATE "C" NOT NULL,
    maand         TEXT COLLATE "C" NOT NULL CHECK (length(maand) = 7),
    attempts      BIGINT NOT NULL CHECK (attempts > 0),
    first_failed  TEXT COLLATE "C" NOT NULL CHECK (length(first_failed) = 24),
    last_failed   TEXT COLLATE "C" NOT NULL CHECK (length(last_failed) = 24),
    error_class   TEXT COLLATE "C" NOT NULL,
    error_message TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (vt, maand)
);

CREATE TABLE publications (
    cadence         TEXT COLLATE "C" NOT NULL CHECK (cadence IN ('week', 'two_weeks', 'four_weeks', 'iso_year')),
    period          TEXT COLLATE "C" NOT NULL,
    issue           BIGINT NOT NULL CHECK (issue > 0),
    status          TEXT COLLATE "C" NOT NULL CHECK (status IN ('reserved', 'published', 'void')),
    reserved_at     TEXT COLLATE "C" CHECK (length(reserved_at) = 24),
    published_at    TEXT COLLATE "C" CHECK (length(published_at) = 24),
    manifest_digest TEXT COLLATE "C",
    voided_at       TEXT COLLATE "C" CHECK (length(voided_at) = 24),
    void_reason     TEXT COLLATE "C",
    PRIMARY KEY (cadence, period, issue),
    CHECK ((status = 'published') = (published_at IS NOT NULL AND manifest_digest IS NOT NULL)),
    CHECK ((status = 'void') = (voided_at IS NOT NULL AND void_reason IS NOT NULL))
);

-- Issues that are refused or held back now: a row goes when the issue, or a later one of its period, is published.
CREATE TABLE held_back (
    cadence        TEXT COLLATE "C" NOT NULL CHECK (cadence IN ('week', 'two_weeks', 'four_weeks', 'iso_year')),
    period         TEXT COLLATE "C" NOT NULL,
    issue          BIGINT NOT NULL CHECK (issue > 0),
    since          TEXT COLLATE "C" NOT NULL CHECK (length(since) = 24),
    reason_class   TEXT COLLATE "C" NOT NULL,
    reason_message TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (cadence, period, issue)
);

-- A lease is never deleted, so that its token only grows: who holds an older token has lost it.
CREATE TABLE leases (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder  TEXT COLLATE "C" NOT NULL,
    token   BIGINT NOT NULL CHECK (token > 0),
    expires TEXT COLLATE "C" NOT NULL CHECK (length(expires) = 24)
);
