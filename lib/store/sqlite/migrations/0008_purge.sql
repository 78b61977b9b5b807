-- Until when a removal waits out its grace period; the clean room stays as it is until then.
ALTER TABLE room ADD COLUMN purge_at INTEGER;
