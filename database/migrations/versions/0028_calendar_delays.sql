-- How many times in a row a calendar could not be read because the machine stopped its reader or was too busy for it.
ALTER TABLE calendar_feed ADD COLUMN delays INTEGER NOT NULL DEFAULT 0;
