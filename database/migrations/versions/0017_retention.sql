-- Rows that are removed at an age are counted; ended escalations can be archived in files.
CREATE TABLE removal (
  what TEXT NOT NULL,
  removed BIGINT NOT NULL,
  last_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT removal_pkey PRIMARY KEY (what)
);

ALTER TABLE escalation ADD COLUMN archived_at TIMESTAMP WITH TIME ZONE;

-- The timeline stays append-only, except that an archived escalation's events may go: its file holds them.
CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'told_at' = to_jsonb(OLD) - 'told_at' THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'escalation_event' THEN
    IF EXISTS (SELECT FROM escalation WHERE id = OLD.escalation AND archived_at IS NOT NULL) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
