-- What an operator has frozen: "brands/…", "shards/…" or "everything". Few rows, read at every submit.
CREATE TABLE freeze (
  scope TEXT NOT NULL PRIMARY KEY,
  reason TEXT NOT NULL,
  frozen_by TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
