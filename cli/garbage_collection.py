"""When Python looks for garbage: a look at everything that lives stops a process for tenths of a second."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, ALL = 50_000, 20, 50
"""New objects until the young ones are looked at, such looks until the middle ones are, and those until all are."""


def collect_seldom() -> None:
    """For a process that has loaded what it is made of: that is never garbage, so it is never looked at again.

    Almost all garbage goes by itself; only what refers to itself in a circle waits for a look.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, ALL)
