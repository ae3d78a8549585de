-- Version 5: what nodes say of each satellite, and how processes end.

-- What is known of a satellite since `seen` (ms); answered: the last good answer, error: why the last one was none.
CREATE TABLE detail (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, seen INTEGER NOT NULL, answered INTEGER, error TEXT,
    joined INTEGER, tells_vetting INTEGER, average REAL, byte_hours REAL, PRIMARY KEY (node, satellite)
) STRICT, WITHOUT ROWID;
-- Windows of audits (begin in ms), and days (midnight in ms): the newest word of each, known since `seen`. Kept for ever.
CREATE TABLE audit_window (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, start INTEGER NOT NULL, total INTEGER NOT NULL,
    online INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (node, satellite, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE stored_day (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, start INTEGER NOT NULL, byte_hours REAL NOT NULL, bytes REAL,
    hours REAL, calculated INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (node, satellite, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE moved_day (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, start INTEGER NOT NULL, egress INTEGER NOT NULL,
    egress_repair INTEGER NOT NULL, egress_audit INTEGER NOT NULL, ingress INTEGER NOT NULL,
    ingress_repair INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (node, satellite, start)
) STRICT, WITHOUT ROWID;
-- A process of a node was told to stop, or ended by itself and said why (ms).
CREATE TABLE ending (node INTEGER NOT NULL, time INTEGER NOT NULL, why TEXT, PRIMARY KEY (node, time)) STRICT, WITHOUT ROWID;
-- Whether the end of the process before was read: 0 no, NULL nobody knows.
ALTER TABLE start ADD COLUMN explained INTEGER;
