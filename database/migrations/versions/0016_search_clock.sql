-- The clock that all searches share: it counts only while rounds run and desks can answer.
CREATE TABLE search_clock (
  id SMALLINT NOT NULL DEFAULT 1,
  ran_at TIMESTAMPTZ NOT NULL,
  stopped_at TIMESTAMPTZ,
  resumed_at TIMESTAMPTZ,
  stood DOUBLE PRECISION NOT NULL DEFAULT 0,
  CONSTRAINT search_clock_pkey PRIMARY KEY (id),
  CONSTRAINT search_clock_one CHECK (id = 1)
);
CREATE TABLE part_beat (
  part TEXT NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  CONSTRAINT part_beat_pkey PRIMARY KEY (part)
);
ALTER TABLE call ADD COLUMN stood DOUBLE PRECISION NOT NULL DEFAULT 0, ADD COLUMN interrupted_at TIMESTAMPTZ;
