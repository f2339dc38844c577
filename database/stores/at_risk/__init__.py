"""Alerts and remedies for bookings that are at risk because nobody can serve them any more."""
