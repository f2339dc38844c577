-- Since when a message waits to be sent: it became due, or somebody had it sent again.
-- Null for messages of earlier releases, which wait since they were written.
ALTER TABLE message ADD COLUMN waits_since TIMESTAMPTZ;
