CREATE UNIQUE INDEX escalation_open_ticket_of_account ON escalation (desk, ticket_system, ticket_account, ticket_id)
WHERE state IN ('invited', 'booked', 'mustering', 'accepted', 'on_call', 'wrapping_up');
