"""Seats without names: deciding whether everything that was sold can be served."""
