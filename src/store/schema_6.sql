-- Version 6: money. Amounts are micro-dollars, prices cents, months count from January 1970. Kept for ever, also of
-- satellites the node no longer trusts. `source`: 0 API, 1 databases of the node, 2 another monitor.
-- Prices from a time on (ms), said so last at `last`.
CREATE TABLE price (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL,
    last INTEGER NOT NULL, disk INTEGER NOT NULL, egress INTEGER NOT NULL, repair INTEGER NOT NULL,
    audit INTEGER NOT NULL, PRIMARY KEY (node, satellite, source, time)
) STRICT, WITHOUT ROWID;
-- Paystubs: a row for each change, known since `seen`: of the first one that is when the satellite made it.
CREATE TABLE paystub (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, month INTEGER NOT NULL, source INTEGER NOT NULL,
    seen INTEGER NOT NULL, created INTEGER, codes TEXT NOT NULL, byte_hours REAL NOT NULL, get INTEGER NOT NULL,
    put INTEGER NOT NULL, get_repair INTEGER NOT NULL, put_repair INTEGER NOT NULL, get_audit INTEGER NOT NULL,
    for_storage INTEGER NOT NULL, for_get INTEGER NOT NULL, for_put INTEGER NOT NULL, for_get_repair INTEGER NOT NULL,
    for_put_repair INTEGER NOT NULL, for_get_audit INTEGER NOT NULL, surge INTEGER NOT NULL, held INTEGER NOT NULL,
    owed INTEGER NOT NULL, disposed INTEGER NOT NULL, paid INTEGER NOT NULL, distributed INTEGER NOT NULL,
    PRIMARY KEY (node, satellite, month, source, seen)
) STRICT, WITHOUT ROWID;
-- Transfers of money: a row for each change, known since `seen`.
CREATE TABLE payment (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, month INTEGER NOT NULL, source INTEGER NOT NULL,
    receipt TEXT NOT NULL, seen INTEGER NOT NULL, created INTEGER, amount INTEGER NOT NULL, notes TEXT NOT NULL,
    PRIMARY KEY (node, satellite, month, source, receipt, seen)
) STRICT, WITHOUT ROWID;
-- What the node estimates: the last word of each hour (of a past month: of each day). Satellite 0: of all.
CREATE TABLE node_estimate (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, month INTEGER NOT NULL, bucket INTEGER NOT NULL,
    time INTEGER NOT NULL, egress INTEGER NOT NULL, repair_audit INTEGER NOT NULL, byte_months REAL NOT NULL,
    for_egress INTEGER NOT NULL, for_repair_audit INTEGER NOT NULL, for_storage INTEGER NOT NULL,
    held_percent INTEGER NOT NULL, held INTEGER NOT NULL, net INTEGER NOT NULL, month_end INTEGER,
    PRIMARY KEY (node, satellite, month, bucket)
) STRICT, WITHOUT ROWID;
-- Satellites money was told of: address, and when the node joined.
CREATE TABLE money_satellite (
    node INTEGER NOT NULL, satellite INTEGER NOT NULL, seen INTEGER NOT NULL, url TEXT, joined INTEGER,
    PRIMARY KEY (node, satellite)
) STRICT, WITHOUT ROWID;
-- What was asked (satellite 0: of all), when it was answered last, and why not since.
CREATE TABLE money_asked (
    node INTEGER NOT NULL, source INTEGER NOT NULL, what TEXT NOT NULL, satellite INTEGER NOT NULL,
    seen INTEGER NOT NULL, asked INTEGER NOT NULL, answered INTEGER, error TEXT,
    PRIMARY KEY (node, source, what, satellite)
) STRICT, WITHOUT ROWID;
