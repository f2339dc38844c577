"""Backtests: how a draft of the rules would have treated past escalations."""
