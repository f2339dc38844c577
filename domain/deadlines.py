"""Time limits for everything that somebody waits for. Each is no longer than the limits of whatever waits for it."""

from __future__ import annotations

from datetime import timedelta

PAGE = timedelta(seconds=4)
"""How long a page waits for Temporal's answer, and for all of the database's answers together."""
UPDATE = timedelta(seconds=4)
"""How long an update of the previous release waits for its effect, including all attempts."""
ACTIVITY = timedelta(seconds=5)
"""How long one attempt at an activity that is a single transaction may take."""
UNTIL_KNOWN = timedelta(minutes=10)
"""How long such an update's effect is retried while its outcome is unknown."""
TRANSACTION = timedelta(seconds=4)
"""How long an effect's transaction may take: less than its activity, and less than people are willing to wait for a
page.
"""
SALE = timedelta(seconds=3.5)
"""How long a whole sale may take, including its wait in the queue, so that it can't succeed after the customer has been
told that it failed.
"""
TURN = timedelta(seconds=1)
"""How long a sale waits for its turn to use the solver."""
SEARCH = timedelta(seconds=1)
"""How long the solver may search for one start time."""
SEARCH_ROUND_TRIP = timedelta(seconds=0.3)
"""How long the reads and writes around a search may take."""
AFTER_SEARCH = timedelta(seconds=0.7)
"""The part of a sale's time that is reserved for selling what the solver has opened."""
MIGRATION_LOCK = timedelta(seconds=1)
"""How long a migration, and everything queued behind it, waits for a table lock."""
