-- Version 9: the databases of nodes. Times are ms; `seen`: known since then.

-- How reading went. read: the last time it did; changed: how old it was then; error, hindrance: why it does not since `failed`.
CREATE TABLE book (
    node INTEGER NOT NULL, file TEXT NOT NULL, seen INTEGER NOT NULL, read INTEGER, changed INTEGER,
    failed INTEGER, hindrance INTEGER, error TEXT, PRIMARY KEY (node, file)
) STRICT, WITHOUT ROWID;
-- How a satellite rates the node: a row whenever something differs, `updated` moves on with what stays. Kept for ever.
CREATE TABLE book_rating (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, seen INTEGER NOT NULL, updated INTEGER,
    audits INTEGER, passed INTEGER, audit_alpha REAL, audit_beta REAL, audit REAL,
    suspension_alpha REAL, suspension_beta REAL, suspension REAL, online REAL,
    disqualified INTEGER, suspended INTEGER, offline_suspended INTEGER, review INTEGER, vetted INTEGER,
    tells_vetting INTEGER NOT NULL, joined INTEGER, PRIMARY KEY (node, satellite, seen)
) STRICT, WITHOUT ROWID;
-- The satellites a node knows, as last said; until `changed` the relation was `earlier`.
CREATE TABLE book_satellite (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, seen INTEGER NOT NULL, gone INTEGER, url TEXT NOT NULL, added INTEGER,
    relation INTEGER NOT NULL, changed INTEGER, earlier INTEGER, exit_begun INTEGER, exit_ended INTEGER, exit_starting INTEGER, exit_deleted INTEGER,
    PRIMARY KEY (node, satellite)
) STRICT, WITHOUT ROWID;
-- Disk of blobs, all of a node again whenever one differs; satellite 0: the trash of all. time: when the node wrote it.
CREATE TABLE book_space (
    node INTEGER NOT NULL, seen INTEGER NOT NULL, satellite INTEGER NOT NULL, time INTEGER NOT NULL,
    total INTEGER NOT NULL, content INTEGER NOT NULL, PRIMARY KEY (node, seen, satellite)
) STRICT, WITHOUT ROWID;
-- As audit_window, stored_day and moved_day, whose rows are the API's word.
CREATE TABLE book_window (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, start INTEGER NOT NULL, total INTEGER NOT NULL,
    online INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (node, satellite, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE book_stored (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, start INTEGER NOT NULL, byte_hours REAL NOT NULL, bytes REAL,
    hours REAL, calculated INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (node, satellite, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE book_moved (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, start INTEGER NOT NULL, egress INTEGER NOT NULL,
    egress_repair INTEGER NOT NULL, egress_audit INTEGER NOT NULL, ingress INTEGER NOT NULL,
    ingress_repair INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (node, satellite, start)
) STRICT, WITHOUT ROWID;
-- Notices of the node. Foreign text.
CREATE TABLE book_notice (
    node INTEGER NOT NULL, id BLOB NOT NULL, seen INTEGER NOT NULL, created INTEGER NOT NULL, read INTEGER,
    satellite TEXT, kind INTEGER NOT NULL, title TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (node, id)
) STRICT, WITHOUT ROWID;
-- Work on blobs under way, as last said. kind: 0 garbage collection, 1 the walk over all. done: folders of 1024.
CREATE TABLE book_work (
    node INTEGER NOT NULL, kind INTEGER NOT NULL, satellite TEXT NOT NULL, seen INTEGER NOT NULL, done INTEGER,
    time INTEGER, prefix TEXT, pieces INTEGER, PRIMARY KEY (node, kind, satellite)
) STRICT, WITHOUT ROWID;
