"""Evaluation of a ruleset: which rule applies, who may be asked, in which order."""
