-- A calendar's entries are counted, and those that could not be read. All calendars are read again.
ALTER TABLE calendar_feed
  ADD COLUMN entries INTEGER DEFAULT 0 NOT NULL,
  ADD COLUMN unread INTEGER DEFAULT 0 NOT NULL,
  ADD COLUMN first_unread TIMESTAMP WITH TIME ZONE;

UPDATE calendar_feed SET etag = '', content_hash = '';
