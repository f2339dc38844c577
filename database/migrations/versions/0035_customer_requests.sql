-- What customers ask of the team from their page: a new link, or other times. It references no other table, so that
-- creating it locks none.
CREATE TABLE customer_request (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  escalation UUID NOT NULL,
  link BIGINT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open',
  wishes JSONB NOT NULL DEFAULT '{}',
  note TEXT NOT NULL DEFAULT '',
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE,
  answered_by INTEGER,
  booking BIGINT,
  held_until TIMESTAMP WITH TIME ZONE,
  CONSTRAINT customer_request_pkey PRIMARY KEY (id),
  CONSTRAINT customer_request_kind_check CHECK (kind IN ('link', 'times')),
  CONSTRAINT customer_request_state_check CHECK (state IN ('open', 'held', 'answered', 'closed')),
  CONSTRAINT customer_request_note_check CHECK (length(note) <= 2000)
);
CREATE UNIQUE INDEX customer_request_pending ON customer_request (escalation) WHERE state IN ('open', 'held');
CREATE INDEX customer_request_escalation ON customer_request (escalation, id);
