-- The customer's name as this ticket gave it, so that another ticket's name never reaches this one's mails.
-- Empty for escalations of earlier releases, which show the customer's row.
ALTER TABLE escalation ADD COLUMN customer_named TEXT NOT NULL DEFAULT '';
