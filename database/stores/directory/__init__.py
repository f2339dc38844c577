"""The current directory: teams, titles, skills, people, their schedules and states."""
