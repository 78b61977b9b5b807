-- When a READY or DEGRADED clean room is looked at for drift next; those that are there, soon.
ALTER TABLE room ADD COLUMN look_at INTEGER;
UPDATE room SET look_at = updated_at WHERE state IN (4, 5);
CREATE INDEX room_by_look ON room (look_at) WHERE look_at IS NOT NULL;
-- Of a job that mends such a room: its number among those that follow each other within a day.
ALTER TABLE job ADD COLUMN repair INTEGER NOT NULL DEFAULT 0;
