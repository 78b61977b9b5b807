-- What an install's app may have: ids of packages with commas between them (empty: anything), and clean rooms (0: no limit).
ALTER TABLE install ADD COLUMN packages TEXT NOT NULL DEFAULT '';
ALTER TABLE install ADD COLUMN rooms_max INTEGER NOT NULL DEFAULT 0;

-- Enrolment codes. Policies: 1 approve, 2 hold, 3 refuse. Lists have commas between their entries.
CREATE TABLE enrollment_code (
  pos INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  brand TEXT NOT NULL,
  display_name TEXT NOT NULL,
  secret_sha256 TEXT NOT NULL,
  policy INTEGER NOT NULL CHECK (policy IN (1, 2)),
  otherwise INTEGER NOT NULL CHECK (otherwise IN (2, 3)),
  uses_max INTEGER NOT NULL CHECK (uses_max > 0),
  uses INTEGER NOT NULL CHECK (uses BETWEEN 0 AND uses_max),
  packages TEXT NOT NULL,
  rooms_max INTEGER NOT NULL,
  metastores TEXT NOT NULL,
  email_domains TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

-- What they were exchanged for. States: 1 held, 2 approved, 3 refused.
CREATE TABLE enrollment (
  pos INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  code TEXT NOT NULL,
  brand TEXT NOT NULL,
  install TEXT NOT NULL,
  global_metastore_id TEXT NOT NULL,
  workspace_id INTEGER NOT NULL,
  invite_recipient_email TEXT NOT NULL,
  key_sha256 TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
  mismatch TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  decided_at INTEGER,
  CHECK ((state = 1) = (decided_at IS NULL))
) STRICT;
