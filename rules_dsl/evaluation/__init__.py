"""A ruleset at work: which rule applies, who may be asked, in which order."""
