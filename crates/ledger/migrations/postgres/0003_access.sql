-- Who may come in, what a run logged, and what is to be told. Forms of columns are those of 0001. Of tokens, cookies and other
-- secrets only digests are kept: SHA-256 in hex.

-- A token is never deleted: the audit log names it by its number.
CREATE TABLE tokens (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL CHECK (name <> ''),
    role       TEXT COLLATE "C" NOT NULL CHECK (role IN ('lezer', 'operator', 'beheerder', 'regio')),
    regio      TEXT COLLATE "C" CHECK (regio <> ''),
    hash       TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(hash) = 64),
    created_at TEXT COLLATE "C" NOT NULL CHECK (length(created_at) = 24),
    created_by TEXT COLLATE "C" NOT NULL CHECK (created_by <> ''),
    expires_at TEXT COLLATE "C" NOT NULL CHECK (length(expires_at) = 24),
    revoked_at TEXT COLLATE "C" CHECK (length(revoked_at) = 24),
    revoked_by TEXT COLLATE "C" CHECK (revoked_by <> ''),
    last_used  TEXT COLLATE "C" CHECK (length(last_used) = 24),
    CHECK ((role = 'regio') = (regio IS NOT NULL)),
    CHECK (expires_at > created_at),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);

-- Page sessions. A row goes when the session ends, or when another one begins after it expired.
CREATE TABLE sessions (
    hash       TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    csrf       TEXT COLLATE "C" NOT NULL CHECK (length(csrf) = 64),
    token      BIGINT REFERENCES tokens (id),
    actor      TEXT COLLATE "C" NOT NULL CHECK (actor <> ''),
    role       TEXT COLLATE "C" NOT NULL CHECK (role IN ('lezer', 'operator', 'beheerder', 'regio')),
    regio      TEXT COLLATE "C" CHECK (regio <> ''),
    begun_at   TEXT COLLATE "C" NOT NULL CHECK (length(begun_at) = 24),
    expires_at TEXT COLLATE "C" NOT NULL CHECK (length(expires_at) = 24),
    CHECK ((role = 'regio') = (regio IS NOT NULL)),
    CHECK (expires_at > begun_at)
);

CREATE INDEX sessions_by_token ON sessions (token) WHERE token IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Requests that change something, by the key that their sender gave them; without a status while one is under way.
CREATE TABLE requests (
    actor   TEXT COLLATE "C" NOT NULL CHECK (actor <> ''),
    key     TEXT COLLATE "C" NOT NULL CHECK (key <> ''),
    request TEXT COLLATE "C" NOT NULL CHECK (request <> ''),
    at      TEXT COLLATE "C" NOT NULL CHECK (length(at) = 24),
    status  BIGINT CHECK (status BETWEEN 100 AND 599),
    body    TEXT COLLATE "C",
    PRIMARY KEY (actor, key),
    CHECK ((status IS NULL) = (body IS NULL))
);

CREATE INDEX requests_by_age ON requests (at);

CREATE TABLE run_lines (
    run   BIGINT NOT NULL REFERENCES runs (id),
    seq   BIGINT NOT NULL CHECK (seq > 0),
    at    TEXT COLLATE "C" NOT NULL CHECK (length(at) = 24),
    level TEXT COLLATE "C" NOT NULL,
    text  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (run, seq)
);

CREATE TABLE alerts (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule        TEXT COLLATE "C" NOT NULL CHECK (rule <> ''),
    subject     TEXT COLLATE "C" NOT NULL,
    text        TEXT COLLATE "C" NOT NULL,
    since       TEXT COLLATE "C" NOT NULL CHECK (length(since) = 24),
    ended_at    TEXT COLLATE "C" CHECK (length(ended_at) = 24),
    reminded_at TEXT COLLATE "C" CHECK (length(reminded_at) = 24)
);

CREATE UNIQUE INDEX alerts_open ON alerts (rule, subject) WHERE ended_at IS NULL;

-- What is to be sent about an alert, and what became of it.
CREATE TABLE alert_messages (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert      BIGINT NOT NULL REFERENCES alerts (id),
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('begun', 'reminder', 'ended')),
    channel    TEXT COLLATE "C" NOT NULL CHECK (channel <> ''),
    made_at    TEXT COLLATE "C" NOT NULL CHECK (length(made_at) = 24),
    sent_at    TEXT COLLATE "C" CHECK (length(sent_at) = 24),
    attempts   BIGINT NOT NULL CHECK (attempts >= 0),
    last_error TEXT COLLATE "C",
    CHECK (sent_at IS NULL OR (attempts > 0 AND last_error IS NULL))
);

CREATE UNIQUE INDEX alert_messages_once ON alert_messages (alert, kind, channel) WHERE kind <> 'reminder';
CREATE UNIQUE INDEX alert_messages_reminders ON alert_messages (alert, channel, made_at) WHERE kind = 'reminder';
CREATE INDEX alert_messages_unsent ON alert_messages (id) WHERE sent_at IS NULL;

-- What is not to be told for a while. No rule: any rule. No subject: any subject.
CREATE TABLE alert_mutes (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule      TEXT COLLATE "C" CHECK (rule <> ''),
    subject   TEXT COLLATE "C",
    until_at  TEXT COLLATE "C" NOT NULL CHECK (length(until_at) = 24),
    actor     TEXT COLLATE "C" NOT NULL CHECK (actor <> ''),
    reason    TEXT COLLATE "C" NOT NULL CHECK (reason <> ''),
    made_at   TEXT COLLATE "C" NOT NULL CHECK (length(made_at) = 24),
    ended_at  TEXT COLLATE "C" CHECK (length(ended_at) = 24),
    CHECK (until_at > made_at)
);

CREATE UNIQUE INDEX alert_mutes_open
    ON alert_mutes (COALESCE(rule, ''), COALESCE(subject, ''), (subject IS NULL), until_at) WHERE ended_at IS NULL;
