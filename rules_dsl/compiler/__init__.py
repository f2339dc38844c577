"""From the tree to a ruleset: names are looked up, settings read, structure checked."""
