-- A request_id may have made a job or an API key.
ALTER TABLE request RENAME COLUMN job TO answer;
