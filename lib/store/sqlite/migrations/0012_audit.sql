-- The audit log (docs/audit.md). Two hash chains go through it: of all rows, and of each brand's.
CREATE TABLE audit_entry (
  seq INTEGER PRIMARY KEY,
  brand TEXT NOT NULL,             -- whose slice; empty: operators only
  brand_seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  count INTEGER NOT NULL CHECK (count > 0),
  actor_kind INTEGER NOT NULL CHECK (actor_kind BETWEEN 1 AND 4),
  actor TEXT NOT NULL,
  install TEXT NOT NULL,
  on_behalf_of TEXT NOT NULL,
  method TEXT NOT NULL,
  resource TEXT NOT NULL,
  job TEXT NOT NULL,
  outcome INTEGER NOT NULL CHECK (outcome BETWEEN 1 AND 4),
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  request_id TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  peer TEXT NOT NULL,
  brand_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX audit_by_brand ON audit_entry (brand, brand_seq) WHERE brand <> '';

-- What was erased for its age goes up to here: by brand, and for the whole log with an empty one.
CREATE TABLE audit_anchor (
  brand TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit_entry
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_goes_from_its_begin BEFORE DELETE ON audit_entry
WHEN OLD.seq > COALESCE((SELECT seq FROM audit_anchor WHERE brand = ''), 0)
BEGIN
  SELECT RAISE(ABORT, 'the audit log loses only what is before its anchor');
END;
