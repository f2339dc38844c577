"""Opening and ending escalations, and the outbox for their workflows."""
