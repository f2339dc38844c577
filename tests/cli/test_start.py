"""The start of the embedded stack: it waits for what lives, and says which wait failed and why."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cli.stack import parts, postgres, temporal
from cli.stack.child import Child, ChildFailed, lacks_nothing
from cli.stack.foundations import Foundations
from cli.stack.home import Home, choose_ports
from cli.stack.named_servers import await_named_servers
from cli.stack.postgres import Cluster, DataFolderRefused
from cli.stack.process import lives
from cli.stack.supervisor import Supervisor
from cli.stack.waiting import together
from config.settings import Settings
from tests.cli.test_foundations import until
from tests.servers import free_port
from workers.probe import Probe, serving_probe
from workers.pulse import Pulses

OLD = "an old line\n" * 30


@pytest.fixture
def said() -> list[str]:
    """What the supervisor reports."""
    return []


@pytest.fixture
async def supervisor(tmp_path: Path, said: list[str]) -> AsyncIterator[Supervisor]:
    (tmp_path / "logs").mkdir()
    supervisor = Supervisor(tmp_path / "logs", said.append, lambda: None)
    yield supervisor
    await supervisor.stop(tuple(supervisor.running), within=5)


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program has taken since it was found free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def shell(name: str, script: str, lacks: Callable[[int], Awaitable[str | None]] = lacks_nothing) -> Child:
    return Child(name, ("sh", "-c", script), os.environ, lacks)


async def never(_pid: int) -> str:
    return "it has no oars"


async def test_the_start_fails_at_once_with_a_child_that_ends(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "logs" / "talker.log").write_text(OLD)
    with pytest.raises(ChildFailed) as failed:
        await supervisor.start(shell("talker", "echo no such room; exit 3", never))
    first, *logged = str(failed.value).splitlines()
    assert "waiting for talker failed: it ended with status 3" in first
    assert logged == ["no such room"], "the lines of this run, without the old ones"


async def test_the_start_says_which_signal_killed_a_child(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "logs" / "victim.log").write_text(OLD)
    starting = asyncio.create_task(supervisor.start(shell("victim", "exec sleep 60", never)))
    await until(lambda: "victim" in supervisor.running)
    os.kill(supervisor.running["victim"].pid, signal.SIGKILL)
    with pytest.raises(
        ChildFailed, match=r"^waiting for victim failed: it was killed by SIGKILL; it has logged nothing$"
    ):
        await starting


async def test_a_child_that_lives_is_awaited_and_named(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.stack.waiting.TELL_EVERY", 0)
    with pytest.raises(ChildFailed, match=r"waiting for boat failed: it is not ready after 1 s: it has no oars"):
        await supervisor.start(shell("boat", "exec sleep 60", never), within=1)
    assert any(line.startswith("still waiting for boat after") and line.endswith("it has no oars") for line in said)


async def test_a_command_that_fails_is_named_with_its_status(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailed, match=r"waiting for migrate failed: it ended with status 4(?s:.)*out of breath$"):
        await supervisor.run_once(shell("migrate", "echo out of breath; exit 4"))


async def test_everything_is_ready_only_at_the_same_time(supervisor: Supervisor) -> None:
    """A child dies after its own wait, while the start still waits for others."""
    await supervisor.start(shell("steady", "exec sleep 60"))
    first = supervisor.running["steady"]
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: not lives(first.pid))
    await supervisor.all_ready()
    assert supervisor.running["steady"] != first
    assert psutil.pid_exists(supervisor.running["steady"].pid)


async def test_a_child_that_keeps_dying_is_never_ready(supervisor: Supervisor, tmp_path: Path) -> None:
    """Only its first process becomes ready."""
    pids: list[int] = []

    async def lacks(pid: int) -> str | None:
        pids.append(pid)
        return None if pid == pids[0] else "it has no oars"

    script = f"test -e {tmp_path}/once && exit 5; touch {tmp_path}/once; exec sleep 60"
    await supervisor.start(shell("moody", script, lacks))
    await until(lambda: (tmp_path / "once").exists())
    os.kill(pids[0], signal.SIGKILL)
    await until(lambda: not lives(pids[0]))
    with pytest.raises(ChildFailed, match="waiting for moody failed: it is not ready after 1 s"):
        await supervisor.all_ready(within=1)


async def test_the_first_failure_ends_the_other_waits(supervisor: Supervisor) -> None:
    waiting = supervisor.start(shell("patient", "exec sleep 60", never))
    with pytest.raises(ChildFailed, match="waiting for hasty failed"):
        await together(waiting, supervisor.start(shell("hasty", "exit 1", never)))


async def test_another_program_at_a_childs_port_is_not_the_child(supervisor: Supervisor, taken_port: int) -> None:
    mailbox = parts.mailbox_child(Path("/nowhere"), taken_port, {})
    assert await mailbox.lacks(os.getpid()) is None, "this process listens there"
    await supervisor.start(shell("other", "exec sleep 60"))
    other = supervisor.running["other"].pid
    assert await mailbox.lacks(other) == f"it does not listen at port {taken_port}"
    assert "does not listen" in str(await parts.web_child(f"http://127.0.0.1:{taken_port}", {}).lacks(other))


async def test_servers_whose_ports_were_taken_meanwhile_start_at_others(
    supervisor: Supervisor, said: list[str], tmp_path: Path, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    home = Home(tmp_path)
    home.make()
    ports = dict.fromkeys(("postgres", "ui", "smtp"), taken_port) | {"temporal": free_port()}
    foundations = Foundations(Settings(home=tmp_path), home, supervisor, ports, said.append)
    await together(foundations.start_postgres(), foundations.start_temporal(), foundations.start_mailbox(os.environ))
    assert taken_port not in ports.values()
    assert len(set(ports.values())) == len(ports)
    for name in ("postgres", "temporal", "mailbox"):
        assert any(line.startswith(f"another program has taken a port of {name}") for line in said), name
    assert foundations.server
    assert foundations.variables()["TEMPORAL_NAMESPACE"] == "default"
    await has_attributes_and_retention(foundations.server)
    await answer_another_stack(foundations, monkeypatch)


async def has_attributes_and_retention(server: temporal.Server) -> None:
    for arguments, expected in (
        (("operator", "namespace", "describe", "default"), "720h"),
        (("operator", "search-attribute", "list"), temporal.SEARCH_ATTRIBUTES[0]),
    ):
        process = await asyncio.create_subprocess_exec(
            *(str(temporal.BINARY), *arguments, "--address", server.address), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        assert expected in output.decode()


async def answer_another_stack(foundations: Foundations, monkeypatch: pytest.MonkeyPatch) -> None:
    """As servers that another stack's settings name: it starts none of its own."""
    for name, value in foundations.variables().items():
        monkeypatch.setenv(name, value)
    said: list[str] = []
    assert await await_named_servers(Settings(), said.append) == ()
    assert [line.partition(" at ")[0] for line in said] == [
        "using PostgreSQL",
        "using Temporal",
        "using the mail server",
    ]
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "elsewhere")
    assert "elsewhere" in str(await temporal.fault())
    create = (str(temporal.BINARY), "operator", "namespace", "create", "--namespace", "elsewhere")
    assert await (await asyncio.create_subprocess_exec(*create, stdout=asyncio.subprocess.DEVNULL)).wait() == 0
    # A moment later, the new namespace is known everywhere in the server.
    found: list[str | None] = []
    while "lacks the search attributes EscalationMode, EscalationRule" not in str(found[-1:]):
        found.append(await temporal.fault())
        assert None not in found
        assert len(found) < 100


def test_two_parts_never_get_the_same_port() -> None:
    first = free_port()
    chosen = choose_ports(("one", "two"), first - 2, {"one": first})
    assert chosen["one"] == first
    assert chosen["two"] != first


async def test_a_worker_is_ready_when_each_of_its_parts_has_worked() -> None:
    pulses = Pulses()
    pulses.expect({"polling": 30, "relay": 90})
    with serving_probe(Probe("worker", pulses), "127.0.0.1", free_port()) as port:
        assert port
        worker = parts.worker_child(port, {})
        assert await worker.lacks(os.getpid()) == "no success yet: polling, relay"
        pulses.worked("relay")
        pulses.worked("polling")
        assert await worker.lacks(os.getpid()) is None
        assert await worker.lacks(os.getppid()) == "its probe has not started", "another process's answer"


async def test_a_web_process_is_ready_when_its_database_takes_writes(supervisor: Supervisor, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, port=free_port())
    variables = {
        "MUSTER_HOME": str(tmp_path),
        "MUSTER_PORT": str(settings.port),
        "MUSTER_EMBEDDED": "true",
        "MUSTER_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/nothing",
    }
    web = parts.web_child(settings.local_url, os.environ | variables)
    starting = asyncio.create_task(supervisor.start(web))
    await until(lambda: "web" in supervisor.running)
    for _ in range(600):
        lack = await web.lacks(supervisor.running["web"].pid)
        if lack and "/readyz" in lack:
            break
        await asyncio.sleep(0.1)
    assert lack == '/readyz answers {"status":"waiting","database":"unreachable"}'
    assert not starting.done()
    starting.cancel()


def test_a_damaged_data_folder_is_left_alone_and_named(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "base").write_text("what is left")
    with pytest.raises(DataFolderRefused, match=f"{tmp_path}/postgres holds no PostgreSQL data, or damaged data"):
        postgres.initialise(Cluster(tmp_path / "postgres", free_port(), "a-password"))
    assert (tmp_path / "postgres" / "base").read_text() == "what is left"
