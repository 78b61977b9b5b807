-- Operators are viewers (4), operators (3) or admins (2, as all were before), and a key for CI (5) is
-- held to a label, so many rooms and so long a life (in nanoseconds).
CREATE TABLE api_key_with_roles (
  id TEXT PRIMARY KEY,
  role INTEGER NOT NULL CHECK (role IN (1, 2, 3, 4, 5)),
  brand TEXT NOT NULL,
  install TEXT NOT NULL,
  display_name TEXT NOT NULL,
  secret_sha256 TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  ci_label_key TEXT NOT NULL,
  ci_label_value TEXT NOT NULL,
  ci_rooms_max INTEGER NOT NULL,
  ci_ttl_max INTEGER NOT NULL,
  CHECK ((role = 5) = (ci_label_key <> '')),
  CHECK (role <> 5 OR (install <> '' AND ci_rooms_max > 0 AND ci_ttl_max > 0))
) STRICT, WITHOUT ROWID;
INSERT INTO api_key_with_roles
SELECT id, role, brand, install, display_name, secret_sha256, created_at, expires_at, revoked_at,
  '', '', 0, 0
FROM api_key;
DROP TABLE api_key;
ALTER TABLE api_key_with_roles RENAME TO api_key;
