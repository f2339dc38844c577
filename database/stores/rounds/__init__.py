"""Matching calls with people: rounds, offers, answers, presence."""
