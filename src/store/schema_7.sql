-- Version 7: durations by size class.

-- As latency_hour and latency_day, by size class (-1 when unknown). The hours are kept for nine days.
CREATE TABLE latency_size_hour (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, satellite INTEGER NOT NULL, action INTEGER NOT NULL,
    outcome INTEGER NOT NULL, quality INTEGER NOT NULL, size_class INTEGER NOT NULL, sketch BLOB NOT NULL,
    PRIMARY KEY (node, bucket, satellite, action, outcome, quality, size_class)
) STRICT, WITHOUT ROWID;
CREATE TABLE latency_size_day (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, satellite INTEGER NOT NULL, action INTEGER NOT NULL,
    outcome INTEGER NOT NULL, quality INTEGER NOT NULL, size_class INTEGER NOT NULL, sketch BLOB NOT NULL,
    PRIMARY KEY (node, bucket, satellite, action, outcome, quality, size_class)
) STRICT, WITHOUT ROWID;
INSERT INTO latency_size_hour SELECT node, bucket, satellite, action, outcome, quality, -1, sketch FROM latency_hour;
INSERT INTO latency_size_day SELECT node, bucket, satellite, action, outcome, quality, -1, sketch FROM latency_day;
-- What succeeded, of all satellites, by hour: an action of a node lies together, so that a month of a hundred nodes
-- is read at once.
CREATE TABLE latency_flow (
    node INTEGER NOT NULL, action INTEGER NOT NULL, quality INTEGER NOT NULL, bucket INTEGER NOT NULL,
    sketch BLOB NOT NULL, PRIMARY KEY (node, action, quality, bucket)
) STRICT, WITHOUT ROWID;
-- Bytes a second of what succeeded, by hour.
CREATE TABLE speed_hour (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, action INTEGER NOT NULL, quality INTEGER NOT NULL,
    size_class INTEGER NOT NULL, sketch BLOB NOT NULL, PRIMARY KEY (node, bucket, action, quality, size_class)
) STRICT, WITHOUT ROWID;
-- Lost races by hour and how late they were lost (step of the program); told: of how many the log says what was moved.
CREATE TABLE lost_hour (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, action INTEGER NOT NULL, quality INTEGER NOT NULL,
    step INTEGER NOT NULL, count INTEGER NOT NULL, told INTEGER NOT NULL, moved INTEGER NOT NULL,
    wanted INTEGER NOT NULL, PRIMARY KEY (node, bucket, action, quality, step)
) STRICT, WITHOUT ROWID;
-- The slowest of an hour or a day (width in seconds), packed.
CREATE TABLE slowest (
    node INTEGER NOT NULL, width INTEGER NOT NULL, bucket INTEGER NOT NULL, action INTEGER NOT NULL,
    list BLOB NOT NULL, PRIMARY KEY (node, width, bucket, action)
) STRICT, WITHOUT ROWID;
-- Starts without an end, by hour of the start. why: 0 the node was started anew, 1 nothing was logged for hours.
CREATE TABLE unended_hour (
    node INTEGER NOT NULL, bucket INTEGER NOT NULL, action INTEGER NOT NULL, why INTEGER NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (node, bucket, action, why)
) STRICT, WITHOUT ROWID;
