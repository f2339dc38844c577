"""A child that hangs is noticed by its supervisor and replaced."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from cli.stack import parts
from cli.stack.supervisor import Supervisor
from tests.cli.test_foundations import until
from tests.servers import free_port


async def test_a_web_process_that_hangs_is_replaced(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGSTOP leaves its port open: connections are accepted and never answered."""
    (tmp_path / "logs").mkdir()
    port, said = free_port(), list[str]()
    monkeypatch.setattr("cli.stack.supervisor.PROBE_PAUSE", 0.2)
    monkeypatch.setattr("cli.stack.parts.PROBE_WITHIN", 1.5)
    variables = {
        "MUSTER_HOME": str(tmp_path),
        "MUSTER_PORT": str(port),
        "MUSTER_EMBEDDED": "true",
        "MUSTER_DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}",
    }
    supervisor = Supervisor(tmp_path / "logs", said.append, lambda: None)
    try:
        await supervisor.start(parts.web_child(f"http://127.0.0.1:{port}", os.environ | variables))
        hanging = supervisor.running["web"]
        os.kill(hanging.pid, signal.SIGSTOP)
        await until(lambda: supervisor.running["web"] != hanging, within=120)
        assert not psutil.pid_exists(hanging.pid)
        for _ in range(600):
            if (await parts.ask(f"http://127.0.0.1:{port}/healthz"))[0] == 200:
                break
            await asyncio.sleep(0.1)
        assert (await parts.ask(f"http://127.0.0.1:{port}/healthz"))[0] == 200
        assert "web does not answer, killing it" in said
    finally:
        await supervisor.stop(("web",), within=5)
