"""Changes to people, teams, titles, skills, facts, schedules and calendars."""
