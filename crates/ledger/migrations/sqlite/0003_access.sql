-- Who may come in, what a run logged, and what is to be told. Forms of columns are those of 0001. Of tokens, cookies and other
-- secrets only digests are kept: SHA-256 in hex.

-- A token is never deleted: the audit log names it by its number.
CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL CHECK (name <> ''),
    role       TEXT NOT NULL CHECK (role IN ('lezer', 'operator', 'beheerder', 'regio')),
    regio      TEXT CHECK (regio <> ''),
    hash       TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    created_at TEXT NOT NULL CHECK (length(created_at) = 24),
    created_by TEXT NOT NULL CHECK (created_by <> ''),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 24),
    revoked_at TEXT CHECK (length(revoked_at) = 24),
    revoked_by TEXT CHECK (revoked_by <> ''),
    last_used  TEXT CHECK (length(last_used) = 24),
    CHECK ((role = 'regio') = (regio IS NOT NULL)),
    CHECK (expires_at > created_at),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
) STRICT;

-- Page sessions. A row goes when the session ends, or when another one begins after it expired.
CREATE TABLE sessions (
    hash       TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    csrf       TEXT NOT NULL CHECK (length(csrf) = 64),
    token      INTEGER REFERENCES tokens (id),
    actor      TEXT NOT NULL CHECK (actor <> ''),
    role       TEXT NOT NULL CHECK (role IN ('lezer', 'operator', 'beheerder', 'regio')),
    regio      TEXT CHECK (regio <> ''),
    begun_at   TEXT NOT NULL CHECK (length(begun_at) = 24),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 24),
    CHECK ((role = 'regio') = (regio IS NOT NULL)),
    CHECK (expires_at > begun_at)
) STRICT;

CREATE INDEX sessions_by_token ON sessions (token) WHERE token IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Requests that change something, by the key that their sender gave them; without a status while one is under way.
CREATE TABLE requests (
    actor   TEXT NOT NULL CHECK (actor <> ''),
    key     TEXT NOT NULL CHECK (key <> ''),
    request TEXT NOT NULL CHECK (request <> ''),
    at      TEXT NOT NULL CHECK (length(at) = 24),
    status  INTEGER CHECK (status BETWEEN 100 AND 599),
    body    TEXT,
    PRIMARY KEY (actor, key),
    CHECK ((status IS NULL) = (body IS NULL))
) STRICT;

CREATE INDEX requests_by_age ON requests (at);

CREATE TABLE run_lines (
    run   INTEGER NOT NULL REFERENCES runs (id),
    seq   INTEGER NOT NULL CHECK (seq > 0),
    at    TEXT NOT NULL CHECK (length(at) = 24),
    level TEXT NOT NULL,
    text  TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT;

CREATE TABLE alerts (
    id          INTEGER PRIMARY KEY,
    rule        TEXT NOT NULL CHECK (rule <> ''),
    subject     TEXT NOT NULL,
    text        TEXT NOT NULL,
    since       TEXT NOT NULL CHECK (length(since) = 24),
    ended_at    TEXT CHECK (length(ended_at) = 24),
    reminded_at TEXT CHECK (length(reminded_at) = 24)
) STRICT;

CREATE UNIQUE INDEX alerts_open ON alerts (rule, subject) WHERE ended_at IS NULL;

-- What is to be sent about an alert, and what became of it.
CREATE TABLE alert_messages (
    id         INTEGER PRIMARY KEY,
    alert      INTEGER NOT NULL REFERENCES alerts (id),
    kind       TEXT NOT NULL CHECK (kind IN ('begun', 'reminder', 'ended')),
    channel    TEXT NOT NULL CHECK (channel <> ''),
    made_at    TEXT NOT NULL CHECK (length(made_at) = 24),
    sent_at    TEXT CHECK (length(sent_at) = 24),
    attempts   INTEGER NOT NULL CHECK (attempts >= 0),
    last_error TEXT,
    CHECK (sent_at IS NULL OR (attempts > 0 AND last_error IS NULL))
) STRICT;

CREATE UNIQUE INDEX alert_messages_once ON alert_messages (alert, kind, channel) WHERE kind <> 'reminder';
CREATE UNIQUE INDEX alert_messages_reminders ON alert_messages (alert, channel, made_at) WHERE kind = 'reminder';
CREATE INDEX alert_messages_unsent ON alert_messages (id) WHERE sent_at IS NULL;

-- What is not to be told for a while. No rule: any rule. No subject: any subject.
CREATE TABLE alert_mutes (
    id        INTEGER PRIMARY KEY,
    rule      TEXT CHECK (rule <> ''),
    subject   TEXT,
    until_at  TEXT NOT NULL CHECK (length(until_at) = 24),
    actor     TEXT NOT NULL CHECK (actor <> ''),
    reason    TEXT NOT NULL CHECK (reason <> ''),
    made_at   TEXT NOT NULL CHECK (length(made_at) = 24),
    ended_at  TEXT CHECK (length(ended_at) = 24),
    CHECK (until_at > made_at)
) STRICT;

CREATE UNIQUE INDEX alert_mutes_open
    ON alert_mutes (COALESCE(rule, ''), COALESCE(subject, ''), (subject IS NULL), until_at) WHERE ended_at IS NULL;
