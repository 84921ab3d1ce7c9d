-- The mark of identity that the private and the published store of this ledger bear; remembered once, at their first use.
CREATE TABLE stores (
    "only" BIGINT NOT NULL PRIMARY KEY CHECK ("only" = 1),
    mark   TEXT COLLATE "C" NOT NULL CHECK (mark <> ''),
    since  TEXT COLLATE "C" NOT NULL CHECK (length(since) = 24)
);
