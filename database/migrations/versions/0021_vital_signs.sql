-- Figures that one process leaves for the others to show: rounds by minute, in a ring of sixty, and what audits found.
CREATE TABLE round_minute (
  slot SMALLINT NOT NULL,
  minute TIMESTAMPTZ NOT NULL,
  rounds INTEGER NOT NULL,
  CONSTRAINT round_minute_pkey PRIMARY KEY (slot)
);
CREATE TABLE figure (
  what TEXT NOT NULL,
  value BIGINT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  CONSTRAINT figure_pkey PRIMARY KEY (what)
);
