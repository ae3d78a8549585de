-- Version 1. Released: never edited, only followed by the next one.

CREATE TABLE node (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE satellite (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE action (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE template (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE kind (
    id INTEGER PRIMARY KEY, logger TEXT NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL,
    UNIQUE (logger, level, message)
) STRICT;
-- outcome, cause: codes of the program; size_class: -1 when unknown.
CREATE TABLE series (
    id INTEGER PRIMARY KEY, satellite INTEGER NOT NULL, action INTEGER NOT NULL,
    outcome INTEGER NOT NULL, cause INTEGER NOT NULL, size_class INTEGER NOT NULL,
    UNIQUE (satellite, action, outcome, cause, size_class)
) STRICT;

-- Buckets are their first second since the epoch.
CREATE TABLE rollup_minute (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, series INTEGER NOT NULL,
    count INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (node, bucket, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_hour (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, series INTEGER NOT NULL,
    count INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (node, bucket, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_day (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, series INTEGER NOT NULL,
    count INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (node, bucket, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE error_minute (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, action INTEGER NOT NULL, template INTEGER NOT NULL,
    count INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, example TEXT NOT NULL,
    PRIMARY KEY (node, bucket, action, template)
) STRICT, WITHOUT ROWID;
CREATE TABLE kind_hour (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, kind INTEGER NOT NULL,
    count INTEGER NOT NULL, example TEXT, PRIMARY KEY (node, bucket, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE latency_hour (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, satellite INTEGER NOT NULL, action INTEGER NOT NULL,
    outcome INTEGER NOT NULL, quality INTEGER NOT NULL, sketch BLOB NOT NULL,
    PRIMARY KEY (node, bucket, satellite, action, outcome, quality)
) STRICT, WITHOUT ROWID;

-- Transfers in columns, up to 4096 a row. sealed = 0: a chunk of one commit, to be merged.
CREATE TABLE block (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, class INTEGER NOT NULL, sealed INTEGER NOT NULL,
    t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, n INTEGER NOT NULL, meta BLOB NOT NULL
) STRICT;
CREATE INDEX block_time ON block (node, class, t1);
CREATE INDEX block_tail ON block (node, class) WHERE sealed = 0;
CREATE TABLE block_ids (block INTEGER PRIMARY KEY, ids BLOB NOT NULL) STRICT;
CREATE TABLE block_filter (block INTEGER PRIMARY KEY, filter BLOB NOT NULL) STRICT;

-- Which lines were counted: a run is one source read in one go, a chunk up to 4096 of its lines in
-- order, hashes 4 bytes a line (little-endian), seconds the lines' times.
CREATE TABLE run (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, path TEXT NOT NULL, started INTEGER NOT NULL,
    lines INTEGER NOT NULL, understood INTEGER NOT NULL, unknown INTEGER NOT NULL, malformed INTEGER NOT NULL,
    bytes INTEGER NOT NULL, dialect TEXT, finished INTEGER
) STRICT;
CREATE TABLE ledger (
    run INTEGER NOT NULL, seq INTEGER NOT NULL, node INTEGER NOT NULL, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL,
    n INTEGER NOT NULL, hashes BLOB NOT NULL, seconds BLOB NOT NULL, PRIMARY KEY (run, seq)
) STRICT;
CREATE INDEX ledger_time ON ledger (node, t1);

-- A log that is followed; positions are parts of files of it, gaps what nobody read.
CREATE TABLE source (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, name TEXT NOT NULL, state TEXT, error TEXT,
    UNIQUE (node, name)
) STRICT;
CREATE TABLE position (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL,
    head_len INTEGER NOT NULL, head_hash INTEGER NOT NULL, begin INTEGER NOT NULL, done INTEGER NOT NULL,
    until INTEGER, anchor INTEGER NOT NULL, len INTEGER NOT NULL, last_second INTEGER, finished INTEGER NOT NULL
) STRICT;
CREATE INDEX position_source ON position (source);
CREATE TABLE gap (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, noticed INTEGER NOT NULL,
    first INTEGER, last INTEGER, bytes INTEGER
) STRICT;
