"""Bookings at risk, because nobody can serve them any more: alerts and remedies."""
