-- Times are nanoseconds since 1970 UTC. States, steps, moves and kinds are the numbers of lib/model/states.h.
-- `pos` is creation order: page tokens are made of it.

CREATE TABLE brand (
  pos INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  collaborator_alias TEXT NOT NULL,
  labels TEXT NOT NULL,
  jobs_in_flight_max INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT;

CREATE TABLE install (
  pos INTEGER PRIMARY KEY,
  brand TEXT NOT NULL,
  id TEXT NOT NULL,
  global_metastore_id TEXT NOT NULL,
  workspace_id INTEGER NOT NULL,
  invite_recipient_email TEXT NOT NULL,
  shard TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0),
  UNIQUE (brand, id),
  UNIQUE (global_metastore_id, workspace_id)
) STRICT;

CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  role INTEGER NOT NULL CHECK (role IN (1, 2)),
  brand TEXT NOT NULL,
  install TEXT NOT NULL,
  display_name TEXT NOT NULL,
  secret_sha256 TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- The answer to a repeated request_id.
CREATE TABLE request (
  caller_scope TEXT NOT NULL,
  request_id TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  job TEXT NOT NULL,
  PRIMARY KEY (caller_scope, request_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
  pos INTEGER PRIMARY KEY,
  brand TEXT NOT NULL,
  install TEXT NOT NULL,
  id TEXT NOT NULL,
  shard TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 10),
  move INTEGER NOT NULL CHECK (move BETWEEN 0 AND 4),
  state_since INTEGER NOT NULL,
  generation INTEGER NOT NULL CHECK (generation > 0),
  package TEXT NOT NULL,
  package_version TEXT NOT NULL,
  central_clean_room_id TEXT NOT NULL,
  notebooks TEXT NOT NULL,
  problem TEXT,
  job TEXT NOT NULL,
  labels TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ready_at INTEGER,
  revision INTEGER NOT NULL CHECK (revision > 0),
  UNIQUE (brand, install, id)
) STRICT;
CREATE INDEX room_by_brand ON room (brand);

-- Apart from its room, which changes with every step while this does not.
CREATE TABLE room_spec (
  room INTEGER PRIMARY KEY,
  spec TEXT NOT NULL
) STRICT;

-- The transition tables of lib/model/states.cc; a test compares them.
CREATE TRIGGER room_is_new BEFORE INSERT ON room WHEN NEW.state <> 1
BEGIN
  SELECT RAISE(ABORT, 'a new clean room must be PENDING');
END;
CREATE TRIGGER room_transition BEFORE UPDATE OF state ON room
WHEN OLD.state <> NEW.state AND NOT CASE OLD.state
  WHEN 1 THEN NEW.state IN (2, 3, 6, 7, 8, 10)
  WHEN 2 THEN NEW.state IN (1, 3, 6, 7, 8)
  WHEN 3 THEN NEW.state IN (1, 4, 6, 7, 8)
  WHEN 4 THEN NEW.state IN (5, 8)
  WHEN 5 THEN NEW.state IN (3, 4, 6, 8)
  WHEN 6 THEN NEW.state IN (1, 8, 10)
  WHEN 7 THEN NEW.state IN (1, 8, 10)
  WHEN 8 THEN NEW.state IN (6, 7, 9, 10)
  WHEN 9 THEN NEW.state IN (10)
  WHEN 10 THEN NEW.state IN (1)
END
BEGIN
  SELECT RAISE(ABORT, 'illegal clean room transition');
END;

CREATE TABLE job (
  pos INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  brand TEXT NOT NULL,
  install TEXT NOT NULL,
  clean_room TEXT NOT NULL,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 2),
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 7),
  step INTEGER NOT NULL CHECK (step BETWEEN 1 AND 9),
  move INTEGER NOT NULL CHECK (move BETWEEN 0 AND 4),
  waiting_for TEXT NOT NULL,
  since INTEGER NOT NULL,
  shard TEXT NOT NULL,
  request_id TEXT NOT NULL,
  progress TEXT NOT NULL,
  problem TEXT,
  cancel_requested INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  wake_at INTEGER NOT NULL,
  deadline_at INTEGER NOT NULL,
  finished_at INTEGER,
  epoch INTEGER NOT NULL,         -- of the last write; live_job has the present one
  last_seq INTEGER NOT NULL,
  journal_pos INTEGER NOT NULL,   -- of the last event
  retry_of TEXT NOT NULL,
  CHECK ((state >= 5) = (finished_at IS NOT NULL))
) STRICT;
CREATE INDEX job_by_brand ON job (brand);

CREATE TRIGGER job_is_new BEFORE INSERT ON job WHEN NEW.state <> 1
BEGIN
  SELECT RAISE(ABORT, 'a new job must be QUEUED');
END;
CREATE TRIGGER job_transition BEFORE UPDATE OF state ON job
WHEN OLD.state <> NEW.state AND NOT CASE OLD.state
  WHEN 1 THEN NEW.state IN (2, 7)
  WHEN 2 THEN NEW.state IN (3, 4, 5, 6)
  WHEN 3 THEN NEW.state IN (2, 4, 5, 6)
  WHEN 4 THEN NEW.state IN (6, 7)
  ELSE 0
END
BEGIN
  SELECT RAISE(ABORT, 'illegal job transition');
END;

-- The leases: one narrow row for each job that is not final, so that taking over 100,000 jobs
-- rewrites some megabytes and not the jobs.
CREATE TABLE live_job (
  pos INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  due_at INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
  since INTEGER NOT NULL,
  id TEXT NOT NULL,
  brand TEXT NOT NULL,
  shard TEXT NOT NULL
) STRICT;
CREATE TRIGGER epoch_never_falls BEFORE UPDATE OF epoch ON live_job WHEN NEW.epoch < OLD.epoch
BEGIN
  SELECT RAISE(ABORT, 'an epoch never falls');
END;

-- Append-only, and without an index: each row names the one before it of the same job, and the job
-- names its last. An index by job would make every append touch a page far away.
CREATE TABLE journal (
  pos INTEGER PRIMARY KEY,
  job INTEGER NOT NULL,
  seq INTEGER NOT NULL CHECK (seq > 0),
  previous INTEGER NOT NULL CHECK (previous < pos),  -- 0: this is the first
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  job_state INTEGER NOT NULL,
  step INTEGER NOT NULL,
  room_state INTEGER NOT NULL,
  move INTEGER NOT NULL,
  message TEXT NOT NULL,
  epoch INTEGER NOT NULL
) STRICT;
