"""Ended escalations in files: one JSON document per escalation, whose heavy rows are then removed."""
