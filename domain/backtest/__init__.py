"""Backtests: what a draft of the rules would have done with past escalations."""
