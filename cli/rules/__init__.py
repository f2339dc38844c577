"""`muster rules`: a rules file at a terminal, in a pipeline, or in an editor."""
