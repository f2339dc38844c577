"""Seats without names: whether everything that was sold can be served."""
