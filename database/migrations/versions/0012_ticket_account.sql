-- Two accounts of a help desk count their tickets alike: number 777 of each is a ticket of its own.
ALTER TABLE escalation ADD COLUMN ticket_account TEXT NOT NULL DEFAULT '';
