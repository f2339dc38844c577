"""Tunes Python's garbage collector: a full collection stops a process for tenths of a second."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, ALL = 50_000, 20, 50
"""Thresholds: new objects per young collection, young per middle collection, middle per full collection."""


def collect_seldom() -> None:
    """Exempt everything loaded so far from collection, and collect rarely. Call once a process has loaded its modules.

    Reference counting frees almost all garbage immediately; only reference cycles wait for a collection.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, ALL)
