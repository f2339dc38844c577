"""`muster up`: everything starts, restarts, and stops."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from cli.stack.home import Home
from cli.stack.parts import NICENESS
from tests.architecture.tree import ROOT
from tests.cli.running import Stack, ended, environment, run_muster, running_stack, until
from tests.servers import free_port

pytestmark = pytest.mark.timeout(600)

CHILDREN = ("mailbox", "ticker-1", "ticker-2", "worker", "web", "temporal", "postgres")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("up") / "home") as stack:
        yield stack


def test_it_serves_and_prints_who_can_sign_in(stack: Stack) -> None:
    assert stack.serves()
    credentials = json.loads(stack.home.credentials.read_text())
    assert stat.S_IMODE(stack.home.credentials.stat().st_mode) == 0o600
    assert {person["role"] for person in credentials["people"]} == {"agent", "manager", "ops", "admin"}
    for person in credentials["people"]:
        assert httpx.get(person["sign_in"]).is_success
    output = (stack.home.folder.parent / "home.up.log").read_text()
    for line in ("Administrator", "/sign-in/", f"{stack.url}/dev/mail", "Temporal"):
        assert line in output


def test_the_worker_gives_way_to_processes_that_people_wait_for(stack: Stack) -> None:
    children = stack.home.read_record().children
    niceness = {name: psutil.Process(children[name].pid).nice() for name in CHILDREN}
    assert niceness == dict.fromkeys(CHILDREN, 0) | NICENESS


def test_private_files_are_readable_by_their_owner_only(stack: Stack) -> None:
    for name in ("stack.json", "credentials.json", "secret", "postgres-password"):
        assert stat.S_IMODE((stack.home.folder / name).stat().st_mode) == 0o600, name
    for name in ("mail", "logs", "postgres"):
        assert stat.S_IMODE((stack.home.folder / name).stat().st_mode) == 0o700, name


def test_no_log_contains_a_link_or_a_token(stack: Stack) -> None:
    credentials = json.loads(stack.home.credentials.read_text())
    secrets = [credentials["api_token"], *(person["sign_in"].rsplit("/", 1)[1] for person in credentials["people"])]
    httpx.get(credentials["people"][0]["sign_in"])
    for log in stack.home.logs.glob("*.log"):
        text = log.read_text(errors="replace")
        assert not any(secret in text for secret in secrets), log.name


def test_a_second_start_says_where_the_first_one_runs(stack: Stack) -> None:
    second = stack.muster("up")
    assert second.returncode == 1
    assert f"already running at {stack.url}" in second.stderr
    assert stack.serves()


def test_another_home_on_a_used_port_is_refused(stack: Stack) -> None:
    other = run_muster(environment(stack.home.folder.parent / "other", stack.port), "up")
    assert other.returncode == 1
    assert f"port {stack.port} is in use" in other.stderr


def test_the_doctor_finds_everything_in_order(stack: Stack) -> None:
    done = stack.muster("doctor")
    assert done.returncode == 0, done.stdout
    for text in (
        f"{stack.home.folder}: process {stack.record.pid}, 7 children",
        "PostgreSQL 18",
        "migrated to",
        "server 1.",
        "this machine's agrees",
    ):
        assert text in done.stdout
    for name in ("worker", "ticker-1", "ticker-2"):
        assert re.search(rf"^ok +{name} +process {stack.record.children[name].pid}: ", done.stdout, re.MULTILINE)


def test_another_homes_doctor_takes_this_stack_for_none_of_its_own(stack: Stack) -> None:
    other = environment(stack.home.folder.parent / "other", stack.port) | {
        "MUSTER_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/nothing",
        "MUSTER_SECRET_KEY": "a key of thirty-two bytes or more",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}",
    }
    done = run_muster(other, "doctor")
    assert re.search("^ok +stack +the one of the settings, with the database nothing at 127", done.stdout, re.MULTILINE)
    assert f"{stack.url} is another installation's: its secret key is not ours" in done.stdout


def test_seeding_again_renews_links_and_keeps_the_token(stack: Stack) -> None:
    before = json.loads(stack.home.credentials.read_text())
    again = stack.muster("seed", "--always-on-duty", "--json")
    assert again.returncode == 0, again.stderr
    after = json.loads(again.stdout)
    assert after == json.loads(stack.home.credentials.read_text())
    assert after["api_token"] == before["api_token"]
    assert [person["name"] for person in after["people"]] == [person["name"] for person in before["people"]]
    assert not {person["sign_in"] for person in after["people"]} & {person["sign_in"] for person in before["people"]}


def test_the_export_is_complete(stack: Stack) -> None:
    lines = [json.loads(line) for line in stack.muster("export", "--json").stdout.splitlines()]
    assert lines[-1] == {"type": "end", "lines": len(lines) - 1}
    assert {"desk", "person", "ruleset"} <= {line["type"] for line in lines}


def test_a_ticket_can_be_escalated_from_a_terminal(stack: Stack) -> None:
    done = stack.muster(
        *("escalate", "--ticket", "https://harborboats.zendesk.com/agent/tickets/4711"),
        *("--email", "mira@customer.example", "--time-zone", "Europe/Copenhagen"),
        *("--fact", "priority=high", "--fact", 'tags=["rigging"]', "--fact", "replies=7"),
        *("--fact", "reopened=false", "--fact", "ticket age=90000"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["id"]
    assert answer["customer_link"].startswith(f"{stack.url}/c/")


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_is_restarted(stack: Stack, name: str) -> None:
    before = stack.record.children[name]
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: stack.record.children.get(name) not in (None, before), 30, f"{name} runs again")
    until(stack.serves, 40, f"pages are served after {name} was killed")


def test_ctrl_c_ends_everything_and_a_new_start_keeps_the_ports(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("stop") / "home"
    with running_stack(folder) as stack:
        family, ports = stack.family(), stack.record.ports
        began = time.monotonic()
        # A terminal sends it to the whole foreground process group.
        os.killpg(stack.supervisor.pid, signal.SIGINT)
        stack.supervisor.wait(15)
        assert time.monotonic() - began < 5
        assert stack.supervisor.returncode == 0
        assert all(ended(process) for process in family)
        assert not stack.record.children
    with running_stack(folder, stack.port) as again:
        assert again.record.ports == ports
        family = again.family()
        os.kill(again.supervisor.pid, signal.SIGKILL)
        again.supervisor.wait()
        until(lambda: all(ended(process) for process in family), 15, "children of a killed supervisor end")
    with running_stack(folder, stack.port) as last:
        assert last.serves()


def test_a_stack_ends_with_the_test_run_that_started_it(tmp_path: Path) -> None:
    """A run that is killed, as by `timeout`, can't stop anything itself. The stack is still waiting for Temporal."""
    starting = (
        "import pathlib, sys\n"
        "from tests.cli.running import running_stack\n"
        f"settings = {{'TEMPORAL_ADDRESS': '127.0.0.1:{free_port()}'}}\n"
        "running_stack(pathlib.Path(sys.argv[1]), variables=settings).__enter__()\n"
    )
    run = subprocess.Popen([sys.executable, "-c", starting, str(tmp_path / "home")], cwd=ROOT)
    until(lambda: Home(tmp_path / "home").is_in_use(), 60, "the stack is starting")
    family = psutil.Process(run.pid).children(recursive=True)
    assert any("up" in process.cmdline() for process in family)
    run.kill()
    run.wait()
    until(lambda: all(map(ended, family)), 30, "the stack ends")


def test_an_unreadable_record_counts_as_empty(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.record_file.write_text("{half")
    assert home.read_record().ports == {}
    assert not home.read_record().ready
