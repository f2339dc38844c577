"""Shifts, holidays, calendars, and what a change of them takes away."""
