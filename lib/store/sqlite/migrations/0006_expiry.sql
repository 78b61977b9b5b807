-- When a clean room is removed by itself, and when the sweep looks at it next.
ALTER TABLE room ADD COLUMN expires_at INTEGER;
ALTER TABLE room ADD COLUMN sweep_at INTEGER;
CREATE INDEX room_by_sweep ON room (sweep_at) WHERE sweep_at IS NOT NULL;
