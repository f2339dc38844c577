-- A message may be about a calendar, which belongs to no escalation.
ALTER TABLE message ALTER COLUMN escalation DROP NOT NULL;
-- When managers were told that a calendar was never read; null again once it is read.
ALTER TABLE calendar_feed ADD COLUMN reported_at TIMESTAMPTZ;
