"""Versions of the rules, and their rollout in steps."""
