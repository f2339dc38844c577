"""Histories recorded by earlier releases replay with the current code, so running escalations survive a deployment.

`MUSTER_RECORD_HISTORIES=tests/workflows/histories make test ARGS=tests/journeys/test_whole_life.py` records the
current code's history. Recorded files never change; a new path is a new file.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from tests.workflows.replaying import replay

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def recorded(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"recorded-{path.stem}", path.read_text())


def test_there_are_histories() -> None:
    assert HISTORIES


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    await replay(recorded(path))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_contains_no_personal_data(path: Path) -> None:
    text = path.read_text().lower()
    payloads = str(recorded(path).events).lower()
    for secret in ("mira", "olsen", "example.com", "engine stops"):
        assert secret not in text
        assert secret not in payloads
