"""Deadlines of everything that somebody waits for. Each ends no later than the wait for it."""

from __future__ import annotations

from datetime import timedelta

PAGE = timedelta(seconds=4)
"""A page waits for Temporal's answer."""
UPDATE = timedelta(seconds=4)
"""An update of the release before waits for its effect, attempts included."""
ACTIVITY = timedelta(seconds=5)
"""One attempt of an activity that is one transaction."""
UNTIL_KNOWN = timedelta(minutes=10)
"""Such an update's effect of unknown outcome is tried again."""
TRANSACTION = timedelta(seconds=4)
"""An effect's transaction: shorter than its activity, and than the patience of whoever waits for a page."""
SALE = timedelta(seconds=3.5)
"""A whole sale, including its turn in the queue, so that it can't succeed after it was given up."""
TURN = timedelta(seconds=1)
"""A sale waits for its turn at the solver."""
SEARCH = timedelta(seconds=1)
"""The solver's search for one start."""
SEARCH_ROUND_TRIP = timedelta(seconds=0.3)
"""The reads and writes around a search."""
AFTER_SEARCH = timedelta(seconds=0.7)
"""The part of a sale's time that is left for selling what the solver has opened."""
MIGRATION_LOCK = timedelta(seconds=1)
"""A migration waits for the lock of a table, and everybody else behind it."""
