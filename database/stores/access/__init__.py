"""Accounts, sessions, tokens and webhook sources: who may come in."""
