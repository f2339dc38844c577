"""The ticket behind an escalation: whose it is, its address, and how a program or a person names it."""
