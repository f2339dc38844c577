"""`muster rules`: rules files in a terminal, a pipeline or an editor."""
