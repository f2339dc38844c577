-- When the customer moved or cancelled the call, or we called it off: the time stamp of its calendar entry.
-- Null while the booking is as it was made.
ALTER TABLE booking ADD COLUMN changed_at TIMESTAMPTZ;
