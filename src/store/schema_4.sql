-- Version 4: nodes' own work.

-- A task by what its log told of it (times in ms). place: its begin, else its first line. How it is follows from
-- what is here and from later starts of the node, whenever those were read.
CREATE TABLE task (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, job INTEGER NOT NULL, place INTEGER NOT NULL,
    satellite INTEGER, store INTEGER, process INTEGER, begun INTEGER, begin INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, ended INTEGER, outcome INTEGER, took INTEGER,
    figures TEXT, error TEXT
) STRICT;
CREATE INDEX task_place ON task (node, job, place);
