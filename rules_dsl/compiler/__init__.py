"""The compiler, from syntax tree to ruleset: resolves names, reads settings, checks the structure."""
