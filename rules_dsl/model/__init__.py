"""Amounts, hours and decisions: the types shared by all parts of the language."""
