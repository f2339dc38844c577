-- Requests by support ops to rebuild a workflow; a worker answers them.
CREATE TABLE rebuild_request (
  id UUID NOT NULL,
  escalation UUID NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at TIMESTAMPTZ NOT NULL,
  answered_at TIMESTAMPTZ,
  answer TEXT,
  last_error TEXT NOT NULL DEFAULT '',
  CONSTRAINT rebuild_request_pkey PRIMARY KEY (id),
  CONSTRAINT rebuild_request_escalation_fkey FOREIGN KEY (escalation) REFERENCES escalation (id) ON DELETE CASCADE
);
CREATE INDEX rebuild_request_escalation ON rebuild_request (escalation, asked_at);
CREATE UNIQUE INDEX rebuild_request_open ON rebuild_request (escalation) WHERE answered_at IS NULL;
