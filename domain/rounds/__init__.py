"""Finding a person for each call that is due."""
