"""Opening and ending escalations, and telling the workflow."""
