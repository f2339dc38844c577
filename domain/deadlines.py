"""How long what somebody waits for may take. What is waited for ends no later than whoever waits for it."""

from __future__ import annotations

from datetime import timedelta

PAGE = timedelta(seconds=4)
"""A page waits for a workflow's answer; then it says that asking again is safe."""
UPDATE = timedelta(seconds=4)
"""A workflow's update waits for its effect, tries included."""
ACTIVITY = timedelta(seconds=5)
"""One attempt of an activity that is one transaction."""
UNTIL_KNOWN = timedelta(minutes=10)
"""An effect of unknown outcome is tried again; past that the nets find out: the link's end, the rows."""
TRANSACTION = timedelta(seconds=4)
"""An effect's transaction, which can't commit behind the back of the activity's next attempt."""
SALE = timedelta(seconds=3.5)
"""A sale in all, its turn in the queue included, so that it can't come about after it was given up."""
TURN = timedelta(seconds=1)
"""A sale's turn at the solver."""
SEARCH = timedelta(seconds=1)
"""The solver's search for one start."""
SEARCH_ROUND_TRIP = timedelta(seconds=0.3)
"""What a search reads and writes besides."""
AFTER_SEARCH = timedelta(seconds=0.7)
"""Kept of a sale's time for selling what the solver has opened."""
MIGRATION_LOCK = timedelta(seconds=1)
"""A migration waits for a table, and everybody else behind it."""
