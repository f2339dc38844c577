"""`muster rules`: commands for working with rules files in a terminal, a pipeline or an editor."""
