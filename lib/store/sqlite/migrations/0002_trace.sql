-- The trace of the RPC that made the job; empty in jobs of before.
ALTER TABLE job ADD COLUMN trace_id TEXT NOT NULL DEFAULT '';
