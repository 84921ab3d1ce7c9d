-- Instants are text of fixed width, UTC, to the millisecond (2020-08-05T06:30:00.000Z): they sort as they compare, on
-- SQLite and PostgreSQL alike. Days are 2020-08-05, months 2020-08. Counts are integers, enumerations lower-case text.

CREATE TABLE runs (
    id        INTEGER PRIMARY KEY,
    command   TEXT NOT NULL,
    software  TEXT NOT NULL,
    process   TEXT,
    started   TEXT NOT NULL CHECK (length(started) = 24),
    last_seen TEXT NOT NULL CHECK (length(last_seen) = 24),
    ended     TEXT CHECK (length(ended) = 24),
    outcome   TEXT CHECK (outcome IN ('succeeded', 'partial', 'failed', 'stopped', 'interrupted')),
    CHECK ((ended IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX runs_open ON runs (id) WHERE ended IS NULL;

CREATE TABLE steps (
    run           INTEGER NOT NULL REFERENCES runs (id),
    kind          TEXT NOT NULL CHECK (kind IN ('pull', 'publish')),
    subject       TEXT NOT NULL,
    step          TEXT NOT NULL CHECK (step IN ('fetch', 'parse', 'validate', 'keep', 'gate', 'aggregate', 'protect', 'reserve', 'render', 'publish')),
    started       TEXT NOT NULL CHECK (length(started) = 24),
    ended         TEXT CHECK (length(ended) = 24),
    outcome       TEXT NOT NULL CHECK (outcome IN ('running', 'done', 'skipped', 'failed', 'interrupted')),
    error_class   TEXT,
    error_message TEXT,
    PRIMARY KEY (run, kind, subject, step),
    CHECK ((ended IS NULL) = (outcome = 'running')),
    CHECK ((error_class IS NULL) = (error_message IS NULL))
) STRICT;

CREATE TABLE deliveries (
    vt             TEXT NOT NULL,
    maand          TEXT NOT NULL CHECK (length(maand) = 7),
    nr             INTEGER NOT NULL CHECK (nr > 0),
    soort          TEXT NOT NULL CHECK (soort IN ('volledig', 'tussentijds', 'correctie')),
    tot_en_met     TEXT NOT NULL CHECK (length(tot_en_met) = 10),
    status         TEXT NOT NULL CHECK (status IN ('accepted', 'rejected', 'failed')),
    first_seen     TEXT NOT NULL CHECK (length(first_seen) = 24),
    decided_at     TEXT CHECK (length(decided_at) = 24),
    advies         INTEGER CHECK (advies >= 0),
    melding        INTEGER CHECK (melding >= 0),
    vervolgdienst  INTEGER CHECK (vervolgdienst >= 0),
    dropped        INTEGER NOT NULL CHECK (dropped >= 0),
    listing_digest TEXT NOT NULL,
    PRIMARY KEY (vt, maand, nr),
    CHECK ((decided_at IS NULL) = (status = 'failed'))
) STRICT;

-- What the checks say of a delivery, without examples: ids and contents of records are in the vault's reports only.
CREATE TABLE findings (
    vt       TEXT NOT NULL,
    maand    TEXT NOT NULL,
    nr       INTEGER NOT NULL,
    position INTEGER NOT NULL,
    check_id TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('signaal', 'waarschuwing', 'fout')),
    scope    TEXT NOT NULL CHECK (scope IN ('bestand', 'record', 'levering', 'reeks')),
    bestand  TEXT,
    veld     TEXT,
    aantal   INTEGER NOT NULL CHECK (aantal >= 0),
    melding  TEXT NOT NULL,
    PRIMARY KEY (vt, maand, nr, position),
    FOREIGN KEY (vt, maand, nr) REFERENCES deliveries (vt, maand, nr)
) STRICT;

-- Pulls that fail now: a row goes when a pull of the same region and month succeeds.
CREATE TABLE failed_pulls (
    vt            TEXT NOT NULL,
    maand         TEXT NOT NULL CHECK (length(maand) = 7),
    attempts      INTEGER NOT NULL CHECK (attempts > 0),
    first_failed  TEXT NOT NULL CHECK (length(first_failed) = 24),
    last_failed   TEXT NOT NULL CHECK (length(last_failed) = 24),
    error_class   TEXT NOT NULL,
    error_message TEXT NOT NULL,
    PRIMARY KEY (vt, maand)
) STRICT;

CREATE TABLE publications (
    cadence         TEXT NOT NULL CHECK (cadence IN ('week', 'two_weeks', 'four_weeks', 'iso_year')),
    period          TEXT NOT NULL,
    issue           INTEGER NOT NULL CHECK (issue > 0),
    status          TEXT NOT NULL CHECK (status IN ('reserved', 'published', 'void')),
    reserved_at     TEXT CHECK (length(reserved_at) = 24),
    published_at    TEXT CHECK (length(published_at) = 24),
    manifest_digest TEXT,
    voided_at       TEXT CHECK (length(voided_at) = 24),
    void_reason     TEXT,
    PRIMARY KEY (cadence, period, issue),
    CHECK ((status = 'published') = (published_at IS NOT NULL AND manifest_digest IS NOT NULL)),
    CHECK ((status = 'void') = (voided_at IS NOT NULL AND void_reason IS NOT NULL))
) STRICT;

-- Issues that are refused or held back now: a row goes when the issue, or a later one of its period, is published.
CREATE TABLE held_back (
    cadence        TEXT NOT NULL CHECK (cadence IN ('week', 'two_weeks', 'four_weeks', 'iso_year')),
    period         TEXT NOT NULL,
    issue          INTEGER NOT NULL CHECK (issue > 0),
    since          TEXT NOT NULL CHECK (length(since) = 24),
    reason_class   TEXT NOT NULL,
    reason_message TEXT NOT NULL,
    PRIMARY KEY (cadence, period, issue)
) STRICT;

-- A lease is never deleted, so that its token only grows: who holds an older token has lost it.
CREATE TABLE leases (
    name    TEXT NOT NULL PRIMARY KEY,
    holder  TEXT NOT NULL,
    token   INTEGER NOT NULL CHECK (token > 0),
    expires TEXT NOT NULL CHECK (length(expires) = 24)
) STRICT;
