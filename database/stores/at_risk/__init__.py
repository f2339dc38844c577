"""Booked calls that nobody could serve any more: what is said of them, and what helps."""
