"""Amounts, hours and decisions: what every other part speaks of."""
