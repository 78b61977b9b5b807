-- For the age of the oldest room that waits for its brand: the statistics ask every few seconds.
CREATE INDEX room_awaiting_brand_delete ON room (shard, state_since) WHERE state = 9;
