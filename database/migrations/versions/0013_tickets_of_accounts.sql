-- Apart from the column before it, so that the table is never closed while rows are rewritten.
UPDATE escalation SET ticket_account = coalesce(substring(lower(ticket_url) FROM '^https?://(?:[^/?#@]*@)?(?:www\.)?([^/?#:]+)'), '')
WHERE state IN ('invited', 'booked', 'mustering', 'accepted', 'on_call', 'wrapping_up');
CREATE UNIQUE INDEX escalation_open_ticket_of_account ON escalation (desk, ticket_system, ticket_account, ticket_id)
WHERE state IN ('invited', 'booked', 'mustering', 'accepted', 'on_call', 'wrapping_up');
DROP INDEX escalation_open_ticket;
