-- Who can be given no seat before a moment, whatever their shift says: they are in a call, or above the occupancy limit.
CREATE TABLE engaged (
  person INTEGER NOT NULL REFERENCES person (id),
  until TIMESTAMPTZ NOT NULL,
  why TEXT NOT NULL,
  CONSTRAINT engaged_pkey PRIMARY KEY (person),
  CONSTRAINT engaged_why CHECK (why IN ('call', 'occupancy'))
);
