"""PostgreSQL, Temporal and the mailbox as the supervisor's children: started, killed, restarted, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import smtplib
import time
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from activities.integrations.mailbox import list_mail
from cli.stack import parts, postgres
from cli.stack.child import Child
from cli.stack.logs import LogLimits, RotatingLog
from cli.stack.postgres import Cluster
from cli.stack.supervisor import Supervisor
from tests.servers import free_port, running_postgres


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    (tmp_path / "logs").mkdir()
    lines: list[str] = []
    supervisor = Supervisor(tmp_path / "logs", lines.append, lambda: None)
    yield supervisor
    await supervisor.stop(tuple(supervisor.running), within=5)


async def until(condition: Callable[[], bool], within: float = 20) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


async def test_a_killed_postgres_is_restarted_with_what_it_acknowledged(tmp_path: Path, supervisor: Supervisor) -> None:
    cluster = Cluster(tmp_path / "postgres", free_port(), "a-password")
    postgres.initialise(cluster)
    await supervisor.start(parts.postgres_child(cluster))
    postgres.ensure_database(cluster, "kept")
    first = supervisor.running["postgres"]
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: supervisor.running["postgres"] != first)
    await until(lambda: postgres.answers(cluster.url("kept")), within=30)
    began = time.monotonic()
    await supervisor.stop(("postgres",), within=5)
    assert time.monotonic() - began < 5
    assert not (cluster.folder / "postmaster.pid").exists()


def test_a_server_that_outlived_its_supervisor_is_stopped(tmp_path: Path) -> None:
    with running_postgres(tmp_path) as cluster:
        postgres.clear_stale_server(cluster.folder)
        assert not postgres.answers(cluster.url("postgres"))
        assert not (cluster.folder / "postmaster.pid").exists()


async def test_mail_survives_a_killed_mailbox(tmp_path: Path, supervisor: Supervisor) -> None:
    folder, port = tmp_path / "mail", free_port()
    await supervisor.start(parts.mailbox_child(folder, port, os.environ))
    message = EmailMessage()
    message["From"], message["To"] = "Support <support@harborboats.example>", "Mira Olsen <mira@customer.example>"
    message["Subject"] = "Book your call: Engine stops at sea ⚓"
    message["X-Muster-Message"] = "42"
    message.set_content("Choose a time:\nhttps://muster.example/c/abc_DEF-1\nBye.")
    message.add_alternative('<a href="https://muster.example/c/abc_DEF-1">Choose</a>', subtype="html")
    message.add_attachment("BEGIN:VCALENDAR\nEND:VCALENDAR\n", subtype="calendar", filename="call.ics")

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.send_message(message)

    await asyncio.to_thread(send)
    os.kill(supervisor.running["mailbox"].pid, signal.SIGKILL)
    (mail,) = list_mail(folder)
    assert (mail.to, mail.subject) == ("mira@customer.example", "Book your call: Engine stops at sea ⚓")
    assert mail.links == ("https://muster.example/c/abc_DEF-1",)
    assert mail.ics.startswith("BEGIN:VCALENDAR")
    assert mail.html.startswith("<a ")
    assert dict(mail.headers)["X-Muster-Message"] == "42"
    assert mail.as_json()["from"] == "Support <support@harborboats.example>"
    assert list_mail(tmp_path / "nowhere") == []


async def test_log_files_rotate_between_lines_and_lose_none(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    limited = Supervisor(tmp_path / "few", print, lambda: None, LogLimits(most_bytes=20_000, files=4))
    await limited.run_once(Child("counter", ("seq", "10000", "19999"), os.environ))
    await limited.run_once(Child("counter", ("seq", "20000", "22999"), os.environ))
    names = ["counter.log.3", "counter.log.2", "counter.log.1", "counter.log"]
    assert sorted(path.name for path in (tmp_path / "few").iterdir()) == sorted(names)
    lines = [line for name in names for line in (tmp_path / "few" / name).read_text().splitlines()]
    assert lines == [str(number) for number in range(23000 - len(lines), 23000)]
    assert len(lines) > 10_000
    assert all((tmp_path / "few" / name).stat().st_size <= 20_006 for name in names)


async def test_a_log_that_is_full_already_is_rotated(tmp_path: Path) -> None:
    (tmp_path / "old.log").write_text("line\n" * 100)
    log = RotatingLog(tmp_path / "old.log", LogLimits(most_bytes=100, files=1))
    log.write(b"the last line of the old file\nthe first line")
    assert (tmp_path / "old.log").read_text() == "the first line"


async def test_a_child_whose_descendants_keep_the_log_open_is_restarted(tmp_path: Path, supervisor: Supervisor) -> None:
    log = tmp_path / "logs" / "parent.log"
    await supervisor.start(Child("parent", ("sh", "-c", "sleep 30 & echo $!; exec sleep 30"), os.environ))
    await until(lambda: len(log.read_text().splitlines()) == 1)
    os.kill(supervisor.running["parent"].pid, signal.SIGKILL)
    await until(lambda: len(log.read_text().splitlines()) == 2)
    for descendant in log.read_text().splitlines():
        os.kill(int(descendant), signal.SIGKILL)


async def test_a_full_disk_costs_lines_of_the_log_and_says_so(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "logs" / "child.log", LogLimits())
    log.write(b"lost\n")
    (tmp_path / "logs").mkdir()
    log.write(b"kept\n")
    assert (tmp_path / "logs" / "child.log").read_text() == "muster: 5 bytes of this log could not be written\nkept\n"
