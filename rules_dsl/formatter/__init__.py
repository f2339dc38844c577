"""The one way to lay a rules file out."""
