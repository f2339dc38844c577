-- The time zone in which this escalation's customer reads times: the one given with the ticket, then the one in which
-- they booked or moved the call. Another ticket of the same address doesn't change it.
-- Empty for escalations of earlier releases, which use the zone in the customer's row.
ALTER TABLE escalation ADD COLUMN customer_zone TEXT NOT NULL DEFAULT '';
