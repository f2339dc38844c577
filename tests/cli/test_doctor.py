"""`muster doctor` beside servers that say nothing, and without any: it ends, and says what is wrong."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from cli.doctor_calls import examine_calls
from cli.doctor_probes import examine_probes
from cli.environment import settings_beside_stack
from cli.stack.home import AlreadyRunning, Home, Record
from config.settings import Settings
from domain.ids import Tokens
from tests.cli.running import environment, run_muster
from tests.servers import free_port
from workers.probe import Probe, serving_probe
from workers.pulse import Pulses


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Connections are accepted by the system, and nobody ever answers: a process that stands still."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


ELSEWHERE = {
    "MUSTER_DATABASE_URL": "postgresql://muster:word@db.example/elsewhere",
    "TEMPORAL_ADDRESS": "temporal.example:7233",
}
"""An installation that isn't an embedded stack."""


def written(home: Path, port: int) -> str:
    """Write the record of a stack at this port; returns its database's address."""
    url = f"postgresql://muster:word@127.0.0.1:{port}/muster"
    ports = {"web": port, "worker": port}
    record = Record(4711, True, f"http://127.0.0.1:{port}", url, f"127.0.0.1:{port + 1}", ports)
    Home(home).write_record(record)
    return url


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


def test_without_a_stack_and_a_database_the_doctor_asks_nobody(silent_port: int, tmp_path: Path) -> None:
    """Whatever runs at the default ports, or at those in the environment, isn't the stack that was meant."""
    variables = environment(tmp_path, silent_port) | {"TEMPORAL_ADDRESS": f"127.0.0.1:{silent_port}"}
    done = run_muster(variables, "doctor")
    assert done.returncode == 1, done.stderr
    assert failed(done.stdout) == ["stack"]
    assert f"{tmp_path}: no stack has run here, and MUSTER_DATABASE_URL is not set" in done.stdout
    assert len(done.stdout.splitlines()) == 2


def test_the_doctor_asks_nothing_of_a_stack_that_was_stopped(silent_port: int, tmp_path: Path) -> None:
    """Its ports may be another's by now."""
    written(tmp_path, silent_port)
    done = run_muster(environment(tmp_path, silent_port), "doctor")
    assert failed(done.stdout) == ["stack"]
    assert f"{tmp_path}: not running: start it with `muster up`" in done.stdout
    assert len(done.stdout.splitlines()) == 2


def test_a_command_uses_the_servers_of_the_stack_that_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = written(tmp_path, 6543)
    for name, value in {"MUSTER_HOME": str(tmp_path), "MUSTER_EMBEDDED": "", "MUSTER_PORT": "", **ELSEWHERE}.items():
        monkeypatch.setenv(name, value)
    with Home(tmp_path).locked():
        assert settings_beside_stack().port != 6543, "the stack has another database"
        assert os.environ["TEMPORAL_ADDRESS"] == ELSEWHERE["TEMPORAL_ADDRESS"]
    monkeypatch.setenv("MUSTER_DATABASE_URL", url)
    assert settings_beside_stack().port != 6543, "the stack doesn't run"
    with Home(tmp_path).locked():
        settings = settings_beside_stack()
        assert (settings.port, settings.embedded) == (6543, True)
        assert os.environ["TEMPORAL_ADDRESS"] == "127.0.0.1:6544"
        monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
        settings_beside_stack()
        assert os.environ["TEMPORAL_ADDRESS"] == "127.0.0.1:1", "a process of the stack has been told"


def test_looking_whether_a_home_is_in_use_keeps_no_stack_from_starting(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not home.is_in_use()
    with home.locked():
        assert home.is_in_use()
        with pytest.raises(AlreadyRunning), home.locked():
            pass
    assert not home.is_in_use()
    with (tmp_path / "lock").open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.05, looking.close).start()
        with home.locked():
            assert home.is_in_use()


def test_the_doctor_counts_only_its_own_installations_probes() -> None:
    ours, theirs = Tokens(b"a key of thirty-two bytes or more").installation(), Tokens(b"x" * 32).installation()
    pulses = Pulses()
    pulses.expect({"relay": 90})
    port = free_port()
    with serving_probe(Probe("worker", pulses, theirs), "127.0.0.1", port):
        settings = Settings(probe_port=port)
        (finding,) = examine_probes(settings, None, ours)
        assert finding.detail.endswith("on this machine, except for those of other installations")
        (finding,) = examine_probes(settings, None, theirs)
        assert finding.part == "worker"


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


@pytest.mark.parametrize(
    ("changes", "ok", "says"),
    [
        ({}, True, "without a relay"),
        ({"public_url": "http://calls.example"}, False, "serve it with https"),
        ({"room_url": "https://meet.example/{call_id}", "public_url": "http://calls.example"}, True, "meet.example"),
        ({"jitsi_url": "https://jitsi.example"}, True, "at https://jitsi.example"),
        ({"turn_servers": "turn:127.0.0.1:3478"}, False, "needs MUSTER_TURN_SECRET"),
        ({"turn_servers": "turn:127.0.0.1:9", "turn_secret": "secret"}, False, "does not answer"),
    ],
)
def test_the_doctor_says_what_keeps_people_from_talking(changes: dict[str, Any], ok: bool, says: str) -> None:
    (finding,) = examine_calls(Settings(**changes))
    assert finding.ok is ok
    assert says in finding.detail


def test_the_doctor_hears_a_relay_that_answers() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
        relay.bind(("127.0.0.1", 0))

        def answer() -> None:
            request, caller = relay.recvfrom(100)
            relay.sendto(bytes.fromhex("0101") + request[2:], caller)

        thread = threading.Thread(target=answer)
        thread.start()
        server = f"turn:127.0.0.1:{relay.getsockname()[1]}?transport=udp"
        (finding,) = examine_calls(Settings(turn_servers=server, turn_secret=SecretStr("secret")))
        thread.join()
    assert finding.ok
    assert server in finding.detail
