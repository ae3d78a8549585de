-- Version 2: what nodes say of themselves, when they are asked and in their logs.

CREATE TABLE process (
    id INTEGER PRIMARY KEY, node_id TEXT, version TEXT, minimum_version TEXT, up_to_date INTEGER,
    started INTEGER, quic TEXT, wallet TEXT
) STRICT;
-- One row each time a node was asked (ms). error: why it did not answer, or (process is set) not whole.
-- rated: whether it said how satellites rate it.
CREATE TABLE poll (
    node INTEGER NOT NULL, time INTEGER NOT NULL, error TEXT, process INTEGER, last_contact INTEGER, rated INTEGER NOT NULL,
    semantics INTEGER, allocated INTEGER, used INTEGER, free INTEGER, trash INTEGER, reclaimable INTEGER, overused INTEGER,
    PRIMARY KEY (node, time)
) STRICT, WITHOUT ROWID;
-- The last of each hour, kept longer.
CREATE TABLE disk_hour (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, time INTEGER NOT NULL,
    semantics INTEGER, allocated INTEGER, used INTEGER, free INTEGER, trash INTEGER, reclaimable INTEGER, overused INTEGER,
    PRIMARY KEY (node, bucket)
) STRICT, WITHOUT ROWID;
-- How satellites rate a node: all of them again whenever one differs. Kept for ever.
CREATE TABLE standing (
    node INTEGER NOT NULL, time INTEGER NOT NULL, url TEXT NOT NULL, satellite INTEGER,
    audit REAL, suspension REAL, online REAL, disqualified INTEGER, suspended INTEGER, vetted INTEGER,
    PRIMARY KEY (node, time, url)
) STRICT, WITHOUT ROWID;
-- What the log says: starts of the node (its id comes a moment later), scores as a satellite gave them.
CREATE TABLE start (
    node INTEGER NOT NULL, time INTEGER NOT NULL, node_id TEXT, PRIMARY KEY (node, time)
) STRICT, WITHOUT ROWID;
CREATE TABLE score (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, time INTEGER NOT NULL,
    audit REAL NOT NULL, suspension REAL NOT NULL, online REAL NOT NULL, total INTEGER, successful INTEGER,
    PRIMARY KEY (node, satellite, time)
) STRICT, WITHOUT ROWID;

-- Traffic: a row a bucket, all its series packed (series, count, bytes). What version 1 kept in rollup_*
-- is moved here.
CREATE TABLE traffic_minute (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, bucket INTEGER NOT NULL, cells BLOB NOT NULL, UNIQUE (node, bucket)
) STRICT;
CREATE TABLE traffic_hour (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, bucket INTEGER NOT NULL, cells BLOB NOT NULL, UNIQUE (node, bucket)
) STRICT;
CREATE TABLE traffic_day (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, bucket INTEGER NOT NULL, cells BLOB NOT NULL, UNIQUE (node, bucket)
) STRICT;
-- The sums of latency_hour. Kept for ever.
CREATE TABLE latency_day (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, satellite INTEGER NOT NULL, action INTEGER NOT NULL,
    outcome INTEGER NOT NULL, quality INTEGER NOT NULL, sketch BLOB NOT NULL,
    PRIMARY KEY (node, bucket, satellite, action, outcome, quality)
) STRICT, WITHOUT ROWID;
-- With t0: what a range does not touch is passed over without reading it.
DROP INDEX block_time;
CREATE INDEX block_time ON block (node, class, t1, t0);
-- Failures are a class of their own: 0 the rest, 1 audits and repairs that went well, 2 what went wrong.
-- What version 1 kept of both stays together, in 2.
UPDATE block SET class = 2 WHERE class = 1;
-- When a collector last looked at the node, and since when it is no longer configured (ms).
ALTER TABLE node ADD COLUMN looked INTEGER;
ALTER TABLE node ADD COLUMN gone INTEGER;
