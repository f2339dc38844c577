DROP INDEX escalation_open_ticket;
