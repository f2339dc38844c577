"""Outcomes: what came of the calls, in six sentences with a number each, by title, team and person."""

from web.outcomes.reading import router

__all__ = ["router"]
