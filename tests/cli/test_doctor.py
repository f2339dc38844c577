"""`muster doctor` beside servers that say nothing, and without any: it ends, and says what is wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import environment, run_muster
from tests.servers import free_port


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Connections are accepted by the system, and nobody ever answers: a process that stands still."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def failed(output: str) -> list[str]:
    return [line.split()[1] for line in output.splitlines() if line.startswith("FAILED")]


def test_the_doctor_ends_although_nothing_answers(silent_port: int, tmp_path: Path) -> None:
    variables = environment(tmp_path, silent_port) | {
        "MUSTER_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{silent_port}/nothing",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{silent_port}",
        "MUSTER_PROBE_PORT": str(silent_port),
    }
    done = run_muster(variables, "doctor")
    assert done.returncode == 1, done.stderr
    assert failed(done.stdout) == ["database", "temporal", "web"]
    assert "no worker or ticker serves a probe on this machine" in done.stdout


def test_the_doctor_says_what_is_missing(tmp_path: Path) -> None:
    variables = environment(tmp_path, free_port()) | {
        "TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}",
        "MUSTER_PROBE_PORT": "0",
    }
    done = run_muster(variables, "doctor")
    assert done.returncode == 1, done.stderr
    assert failed(done.stdout) == ["database", "temporal", "web"]
    assert "set MUSTER_DATABASE_URL" in done.stdout


def test_the_doctor_finds_a_database_without_processes_in_order_so_far(database_url: str, tmp_path: Path) -> None:
    variables = environment(tmp_path, free_port()) | {
        "MUSTER_DATABASE_URL": database_url.replace("+psycopg", ""),
        "TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}",
        "MUSTER_PROBE_PORT": "0",
    }
    done = run_muster(variables, "doctor")
    assert failed(done.stdout) == ["temporal", "web"]
    for line in ("this machine's agrees", "0 in the last minute, none yet", "0 events not relayed", "0 waiting"):
        assert line in done.stdout
