"""Words for states, facts, rules and times."""
