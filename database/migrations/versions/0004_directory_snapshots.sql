-- The directory as it was at each escalation's opening, so that a draft of the rules can be tried on the past.

CREATE TABLE directory_snapshot (
  hash TEXT NOT NULL,
  directory JSONB NOT NULL,
  taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT directory_snapshot_pkey PRIMARY KEY (hash)
);

CREATE TRIGGER directory_snapshot_append_only BEFORE UPDATE OR DELETE ON directory_snapshot
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

-- Empty for escalations that were opened before snapshots were kept.
ALTER TABLE escalation ADD COLUMN directory TEXT;
ALTER TABLE escalation ADD CONSTRAINT escalation_directory_fkey
  FOREIGN KEY (directory) REFERENCES directory_snapshot (hash) NOT VALID;
ALTER TABLE escalation VALIDATE CONSTRAINT escalation_directory_fkey;
