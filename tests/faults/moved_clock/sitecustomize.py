"""Loaded by every Python process under `faketime`, which breaks ``time.sleep`` if the monotonic clock isn't faked."""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
