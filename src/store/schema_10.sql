-- Version 10: what nodes' logs remark of contact, clock and orders. subject: domain::remark::Subject; satellite 0: none.
CREATE TABLE remark (
    node INTEGER NOT NULL, subject INTEGER NOT NULL, time INTEGER NOT NULL, satellite INTEGER NOT NULL,
    attempts INTEGER, text TEXT, PRIMARY KEY (node, subject, time, satellite)
) STRICT, WITHOUT ROWID;
-- Hours whose traffic is only another monitor's sums (packed as a rollup's): taken out when a line of the hour comes.
CREATE TABLE filled_hour (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, cells BLOB NOT NULL, PRIMARY KEY (node, bucket)
) STRICT, WITHOUT ROWID;
