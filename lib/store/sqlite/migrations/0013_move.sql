-- Of a job that takes a clean room to another package version: the version it had.
ALTER TABLE job ADD COLUMN moves_from TEXT NOT NULL DEFAULT '';
-- The spec that a move leaves, and goes back to if it fails.
ALTER TABLE room_spec ADD COLUMN leaving TEXT;
-- A move takes a READY room back to CONFIGURING, and leaves it DEGRADED if it can neither end nor be undone.
DROP TRIGGER room_transition;
CREATE TRIGGER room_transition BEFORE UPDATE OF state ON room
WHEN OLD.state <> NEW.state AND NOT CASE OLD.state
  WHEN 1 THEN NEW.state IN (2, 3, 5, 6, 7, 8, 10)
  WHEN 2 THEN NEW.state IN (1, 3, 6, 7, 8)
  WHEN 3 THEN NEW.state IN (1, 4, 5, 6, 7, 8)
  WHEN 4 THEN NEW.state IN (3, 5, 8)
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
