-- Version 8: what surrounds nodes: counters of their debug endpoints, health pages, disks of this host.

-- One look at a debug endpoint: audits begun and ended since the process began, its tests of the storage folder.
CREATE TABLE scrape (
    node INTEGER NOT NULL,
    time INTEGER NOT NULL,
    error TEXT,
    audits_started INTEGER,
    audits_ended INTEGER,
    reads INTEGER,
    read_s REAL,
    writes INTEGER,
    write_s REAL,
    PRIMARY KEY (node, time)
) WITHOUT ROWID;

-- The last whole answer of an hour, as JSON; apart what each status tells of it.
CREATE TABLE scrape_hour (
    node INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    time INTEGER NOT NULL,
    version TEXT,
    allocated INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (node, bucket)
) WITHOUT ROWID;

-- What the health page said from `time` to `seen`.
CREATE TABLE health_page (
    node INTEGER NOT NULL,
    time INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    healthy INTEGER,
    error TEXT,
    PRIMARY KEY (node, time)
) WITHOUT ROWID;

-- Audits in flight by the log from `time` to `seen`; only of slow ones more than the newest is kept.
CREATE TABLE waiting (
    node INTEGER NOT NULL,
    time INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    count INTEGER NOT NULL,
    oldest INTEGER,
    PRIMARY KEY (node, time)
) WITHOUT ROWID;

-- A file system by what stays its own: see `disk_name`.
CREATE TABLE host_disk (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- The disk of a node's data from `time` to `seen`, and how the node's folder is mounted, as JSON; none, and why.
CREATE TABLE host_place (
    node INTEGER NOT NULL,
    time INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    disk INTEGER,
    folder TEXT,
    mounted TEXT,
    error TEXT,
    PRIMARY KEY (node, time)
) WITHOUT ROWID;

-- Looks of the last days: bytes, share of time busy, ms a request took, bytes a second.
CREATE TABLE host_look (
    disk INTEGER NOT NULL,
    time INTEGER NOT NULL,
    size INTEGER,
    free INTEGER,
    busy REAL,
    await REAL,
    read REAL,
    write REAL,
    PRIMARY KEY (disk, time)
) WITHOUT ROWID;

-- The same by the hour: sums over `looks`, the worst, the last room.
CREATE TABLE host_hour (
    disk INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    looks INTEGER NOT NULL,
    size INTEGER,
    free INTEGER,
    busy REAL NOT NULL,
    busy_max REAL NOT NULL,
    awaits INTEGER NOT NULL,
    await REAL NOT NULL,
    await_max REAL,
    read REAL NOT NULL,
    write REAL NOT NULL,
    PRIMARY KEY (disk, bucket)
) WITHOUT ROWID;

-- What a disk says of its own health, by the day, as JSON.
CREATE TABLE host_smart (
    disk INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    time INTEGER NOT NULL,
    body TEXT,
    error TEXT,
    PRIMARY KEY (disk, bucket)
) WITHOUT ROWID;
