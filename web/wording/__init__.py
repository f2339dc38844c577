"""How states, facts, rules and times are put into words."""
