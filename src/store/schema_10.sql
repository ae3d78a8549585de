-- Version 10: what nodes' logs remark of contact, clock and orders. subject: domain::remark::Subject; satellite 0: none.
CREATE TABLE remark (
    node INTEGER NOT NULL, subject INTEGER NOT NULL, time INTEGER NOT NULL, satellite INTEGER NOT NULL,
    attempts INTEGER, text TEXT, PRIMARY KEY (node, subject, time, satellite)
) STRICT, WITHOUT ROWID;
