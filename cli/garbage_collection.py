"""Tunes Python's garbage collector, whose full collections pause a process for tenths of a second."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, ALL = 50_000, 20, 50
"""Thresholds: new objects per young collection, young collections per middle one, middle collections per full one."""


def collect_seldom() -> None:
    """Exempt everything loaded so far from collection, and collect rarely.

    Call this once the process has loaded its modules.

    Reference counting frees almost all garbage immediately; only reference cycles wait for a collection.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, ALL)
