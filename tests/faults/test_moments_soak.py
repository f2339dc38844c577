"""Runs all tests that need neither Temporal nor a browser at tricky points in time. Run by ``make soak``.

Debian's `faketime` moves the clock of Python and PostgreSQL. The moments are in the past: with a clock set ahead,
PostgreSQL's time-outs never fire, because its signal handlers read the real clock.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOVED = Path(__file__).with_name("moved_clock")
MOMENTS = {
    "Monday": ("2026-11-23T09:00", "UTC"),
    "Tuesday": ("2026-11-24T17:30", "America/Los_Angeles"),
    "Wednesday": ("2026-11-25T12:00", "Asia/Kolkata"),
    "Thursday": ("2026-11-26T22:58", "Europe/Copenhagen"),
    "Friday": ("2026-11-27T15:00", "UTC"),
    "Saturday": ("2026-11-28T10:00", "Pacific/Auckland"),
    "Sunday": ("2026-11-29T20:00", "UTC"),
    "Monday, half past midnight": ("2026-11-23T00:30", "UTC"),
    "Saturday, ten to midnight": ("2026-11-21T23:50", "UTC"),
    "29 February": ("2024-02-29T11:00", "UTC"),
    "31 December": ("2025-12-31T23:57", "UTC"),
    "clocks go forward": ("2026-03-29T00:58", "Europe/Copenhagen"),
    "clocks go back": ("2026-10-25T00:58", "Europe/Copenhagen"),
}
"""Start of the run, in UTC, and the machine's time zone."""


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", MOMENTS)
def test_every_test_passes_at_any_moment(name: str) -> None:
    at, zone = MOMENTS[name]
    assert at < datetime.now(UTC).isoformat(), "the moment must be in the past"
    offset = round(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() - time.time())
    faketime = shutil.which("faketime")
    assert faketime, "install Debian's faketime"
    tests = [sys.executable, "-m", "pytest", "--clock-moved", "-q", "-n", "2", "--dist", "loadscope"]
    moved = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": str(MOVED), "TZ": zone}
    run = subprocess.run(
        [faketime, "-f", f"{offset:+d}", *tests, "-p", "no:cacheprovider"],
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")} | moved,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    summary = "\n".join(line for line in run.stdout.splitlines() if re.match(r"FAILED|ERROR|=*.*\d passed", line))
    assert run.returncode == 0, f"{name}, {at} UTC, in {zone}:\n{summary or run.stdout[-3000:] + run.stderr[-3000:]}"
