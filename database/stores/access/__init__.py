"""Accounts, sessions, API tokens and webhook sources."""
