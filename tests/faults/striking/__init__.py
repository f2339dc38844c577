"""Faults: processes that stand still, starve, or die just before a commit, and restored backups."""
