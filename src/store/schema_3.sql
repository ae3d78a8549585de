-- Version 3: what is known of the past, and since when.

-- Spans of a node's log that were read: first and last second. Disjoint; what lies between was not collected.
CREATE TABLE covered (
    node INTEGER NOT NULL, begin INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (node, begin)
) STRICT, WITHOUT ROWID;
-- When a node first said that it is this process (ms). Outlives the answers themselves.
CREATE TABLE ran (
    node INTEGER NOT NULL, process INTEGER NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (node, process)
) STRICT, WITHOUT ROWID;
INSERT INTO ran SELECT node, process, min(time) FROM poll WHERE process IS NOT NULL GROUP BY node, process;
