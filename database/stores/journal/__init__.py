"""What happened and what is to be sent: timeline, messages, audit log."""
