"""The formatter: the canonical form of a rules file."""
