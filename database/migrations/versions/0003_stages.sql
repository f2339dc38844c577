-- Publishing by stages, names that change, and what is deleted from the directory but still spoken of by the past.

-- When a version became the rules of everybody; a candidate that was rolled back never did.
ALTER TABLE ruleset ADD COLUMN adopted_at TIMESTAMP WITH TIME ZONE;
UPDATE ruleset SET adopted_at = published_at;

CREATE TABLE rollout (
  id BIGSERIAL NOT NULL,
  desk INTEGER NOT NULL,
  candidate INTEGER NOT NULL,
  standing INTEGER NOT NULL,
  percent SMALLINT NOT NULL,
  began_at TIMESTAMP WITH TIME ZONE NOT NULL,
  began_by TEXT NOT NULL,
  outcome TEXT,
  ended_at TIMESTAMP WITH TIME ZONE,
  ended_by TEXT,
  CONSTRAINT rollout_pkey PRIMARY KEY (id),
  CONSTRAINT rollout_candidate_fkey FOREIGN KEY(desk, candidate) REFERENCES ruleset (desk, number),
  CONSTRAINT rollout_standing_fkey FOREIGN KEY(desk, standing) REFERENCES ruleset (desk, number),
  CONSTRAINT rollout_percent_check CHECK (percent BETWEEN 1 AND 100),
  CONSTRAINT rollout_outcome_check CHECK (outcome IN ('adopted', 'rolled_back')),
  CONSTRAINT rollout_ended_check CHECK ((outcome IS NULL) = (ended_at IS NULL))
);

-- At most one candidate at a time.
CREATE UNIQUE INDEX rollout_running ON rollout (desk) WHERE ended_at IS NULL;

CREATE TABLE rollout_stage (
  rollout BIGINT NOT NULL,
  nth SMALLINT NOT NULL,
  percent SMALLINT NOT NULL,
  began_at TIMESTAMP WITH TIME ZONE NOT NULL,
  author TEXT NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT rollout_stage_pkey PRIMARY KEY (rollout, nth),
  CONSTRAINT rollout_stage_rollout_fkey FOREIGN KEY(rollout) REFERENCES rollout (id)
);

-- Escalations opened while a stage ran: by whose rules they were decided, and how many customers had the candidate.
CREATE TABLE staged_escalation (
  escalation UUID NOT NULL,
  rollout BIGINT NOT NULL,
  percent SMALLINT NOT NULL,
  candidate BOOLEAN NOT NULL,
  CONSTRAINT staged_escalation_pkey PRIMARY KEY (escalation),
  CONSTRAINT staged_escalation_escalation_fkey FOREIGN KEY(escalation) REFERENCES escalation (id),
  CONSTRAINT staged_escalation_rollout_fkey FOREIGN KEY(rollout) REFERENCES rollout (id)
);

CREATE INDEX staged_escalation_stage ON staged_escalation (rollout, percent);

-- Names that have changed, so that a text written before can be brought up to date.
CREATE TABLE renaming (
  id BIGSERIAL NOT NULL,
  kind TEXT NOT NULL,
  subject INTEGER NOT NULL,
  was TEXT NOT NULL,
  becomes TEXT NOT NULL,
  after_number INTEGER NOT NULL,
  author TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT renaming_pkey PRIMARY KEY (id),
  CONSTRAINT renaming_kind_check CHECK (kind IN ('team', 'title', 'skill'))
);

-- What is gone from the directory keeps its row: past escalations speak of it.
ALTER TABLE team ADD COLUMN retired_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE title ADD COLUMN retired_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE skill ADD COLUMN retired_at TIMESTAMP WITH TIME ZONE;
