"""Deadlines for everything that somebody waits for. Each is no longer than the wait that depends on it."""

from __future__ import annotations

from datetime import timedelta

PAGE = timedelta(seconds=4)
"""How long a page waits for Temporal's answer."""
UPDATE = timedelta(seconds=4)
"""How long an update of the previous release waits for its effect, including all attempts."""
ACTIVITY = timedelta(seconds=5)
"""One attempt at an activity that is a single transaction."""
UNTIL_KNOWN = timedelta(minutes=10)
"""How long such an update's effect is retried while its outcome is unknown."""
TRANSACTION = timedelta(seconds=4)
"""An effect's transaction: shorter than its activity, and than people are willing to wait for a page."""
SALE = timedelta(seconds=3.5)
"""A whole sale, including its turn in the queue, so that it can't succeed after it has been given up."""
TURN = timedelta(seconds=1)
"""How long a sale waits for its turn to use the solver."""
SEARCH = timedelta(seconds=1)
"""The solver's search for one start."""
SEARCH_ROUND_TRIP = timedelta(seconds=0.3)
"""The reads and writes around a search."""
AFTER_SEARCH = timedelta(seconds=0.7)
"""The part of a sale's time that is reserved for selling what the solver has opened."""
MIGRATION_LOCK = timedelta(seconds=1)
"""How long a migration, and everybody else behind it, waits for a table lock."""
