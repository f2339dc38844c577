-- What is looked up on every board, round and estimate.
CREATE INDEX booking_pool_starts_idx ON booking (pool, starts_at) WHERE state IN ('sold', 'at_risk');
CREATE INDEX booking_at_risk_idx ON booking (starts_at) WHERE state = 'at_risk';
CREATE INDEX call_accepted_at_idx ON call (accepted_at);
CREATE INDEX call_wrapped_up_at_idx ON call (wrapped_up_at);
CREATE INDEX rating_at_idx ON rating (at);
