"""Changing people, teams, shifts and calendars."""
