"""Schedules: shifts, holidays, time off, calendars, and changes to them."""
