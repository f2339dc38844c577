"""The directory as it stands: teams, titles, skills, people and where they stand now."""
