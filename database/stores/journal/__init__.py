"""The timeline, the message queue, the audit log and free text."""
