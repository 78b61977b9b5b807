-- Which package version each etag of a room's notebooks stood for.
ALTER TABLE room ADD COLUMN notebook_versions TEXT NOT NULL DEFAULT '[]';
