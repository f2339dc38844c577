"""Evaluation of a ruleset: which rule applies, who may be asked, and in what order."""
