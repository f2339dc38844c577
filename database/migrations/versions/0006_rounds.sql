-- Rounds: what a waiting customer is told, calls that a customer found empty, the occupancy limit, counted repairs.

ALTER TABLE call
  ADD COLUMN place SMALLINT,
  ADD COLUMN estimate TEXT,
  ADD COLUMN put_back_at TIMESTAMP WITH TIME ZONE,
  ADD COLUMN alone_at TIMESTAMP WITH TIME ZONE,
  ADD COLUMN told_late_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE call ADD CONSTRAINT call_estimate_check CHECK (estimate IN ('moment', 'minutes', 'longer'));

CREATE TABLE guard (
  desk INTEGER NOT NULL,
  occupancy_limit SMALLINT NOT NULL,
  CONSTRAINT guard_pkey PRIMARY KEY (desk),
  CONSTRAINT guard_desk_fkey FOREIGN KEY(desk) REFERENCES desk (id),
  CONSTRAINT guard_occupancy_limit_check CHECK (occupancy_limit BETWEEN 10 AND 100)
);

CREATE TABLE repair (
  what TEXT NOT NULL,
  times BIGINT NOT NULL,
  last_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT repair_pkey PRIMARY KEY (what)
);
