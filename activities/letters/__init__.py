"""What is written to people: pure texts, and their form as a mail or a chat message."""
