"""Opening and ending escalations, and the outbox to their workflows."""
