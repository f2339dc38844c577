-- What became of a ticket, the customer's last words and telephone, and a help desk's own words.
ALTER TABLE escalation
  ADD COLUMN ticket_created_at TIMESTAMPTZ,
  ADD COLUMN ticket_solved_at TIMESTAMPTZ,
  ADD COLUMN ticket_reopened_at TIMESTAMPTZ,
  ADD COLUMN ticket_replies INTEGER,
  ADD COLUMN conversation JSONB NOT NULL DEFAULT '[]';
ALTER TABLE customer ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE webhook_source ADD COLUMN words JSONB NOT NULL DEFAULT '{}';
