"""Servers that the settings name: `muster up` names each, starts none in its place, and waits for it, not for ever."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.stack import named_servers, temporal
from cli.stack.home import Home
from cli.stack.named_servers import NamedServerSilent, await_named_servers
from cli.up import up
from config.settings import Settings
from tests.servers import free_port


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSWER_WITHIN", "MAIL_WITHIN", "ATTEMPT_WITHIN"):
        monkeypatch.setattr(named_servers, name, 0.5)
    monkeypatch.setattr(temporal, "COMMAND_WITHIN", 1)
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)


@pytest.fixture(params=["closed", "silent"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where nothing listens, or where connections are accepted and nobody ever answers."""
    if request.param == "closed":
        yield f"127.0.0.1:{free_port()}"
        return
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_the_start_names_the_temporal_that_does_not_answer_and_starts_none(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    monkeypatch.setenv("MUSTER_PORT", str(free_port()))
    done = CliRunner().invoke(up)
    assert done.exit_code == 1
    assert f"using Temporal at {address} (TEMPORAL_ADDRESS)" in done.output
    assert f"Error: Temporal at {address} (TEMPORAL_ADDRESS) does not answer: " in done.output
    assert "ready" not in done.output
    assert not Home(tmp_path).temporal_file.exists()
    assert not (tmp_path / "logs" / "temporal.log").exists()


async def test_a_silent_database_is_named_without_its_password(address: str) -> None:
    settings = Settings(database_url=f"postgresql://muster:pass-word@{address}/muster")
    with pytest.raises(NamedServerSilent, match=rf"PostgreSQL at {address} \(MUSTER_DATABASE_URL\)") as silent:
        await await_named_servers(settings, lambda line: None)
    assert "pass-word" not in str(silent.value)


async def test_without_its_mail_server_the_stack_is_ready_and_says_so() -> None:
    settings = Settings(smtp_host="127.0.0.1", smtp_port=free_port())
    (sentence,) = await await_named_servers(settings, lambda line: None)
    assert sentence.startswith(
        f"the mail server at 127.0.0.1:{settings.smtp_port} (MUSTER_SMTP_HOST) does not answer: "
    )
