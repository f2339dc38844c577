"""Runs a real `muster up` in its own home, started and stopped as a person would."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from cli.stack.home import Home, Record
from cli.stack.process import die_with_parent
from tests.servers import free_port

MUSTER = str(Path(sys.executable).with_name("muster"))


def until(condition: Callable[[], bool], within: float, what: str) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Stack:
    """A home and its supervisor."""

    home: Home
    port: int
    supervisor: subprocess.Popen[str]
    command: str = MUSTER
    """The path of `muster`."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def record(self) -> Record:
        return self.home.read_record()

    def muster(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the stack's home."""
        return run_muster(environment(self.home.folder, self.port), *arguments, command=self.command)

    def serves(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def is_ready(self) -> bool:
        return self.record.ready and self.record.pid == self.supervisor.pid

    def family(self) -> list[psutil.Process]:
        """The supervisor and all its descendants."""
        supervisor = psutil.Process(self.supervisor.pid)
        return [supervisor, *supervisor.children(recursive=True)]


def environment(home: Path, port: int) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(("MUSTER_", "TEMPORAL_"))}
    return {**others, "MUSTER_HOME": str(home), "MUSTER_PORT": str(port)}


def run_muster(variables: dict[str, str], *arguments: str, command: str = MUSTER) -> subprocess.CompletedProcess[str]:
    return subprocess.run([command, *arguments], env=variables, capture_output=True, text=True, check=False, timeout=60)


def ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@contextlib.contextmanager
def running_stack(
    folder: Path,
    port: int | None = None,
    options: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    command: str = MUSTER,
) -> Iterator[Stack]:
    """Run `muster up` with these options and settings until the block ends; yields once it is ready.

    ``before`` is a command that runs the command that follows it; ``command`` is the path of `muster`.
    """
    web_port = port or free_port()
    with (folder.parent / f"{folder.name}.up.log").open("a+") as log:
        supervisor = subprocess.Popen(
            [*before, command, "up", *options],
            env=environment(folder, web_port) | dict(variables or {}),
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
            # A test run that is killed leaves no stack behind.
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        stack = Stack(Home(folder), web_port, supervisor, command)
        try:
            until(lambda: stack.is_ready() or supervisor.poll() is not None, 120, "the stack is ready")
            log.seek(0)
            assert supervisor.poll() is None, log.read()
            yield stack
        finally:
            if supervisor.poll() is None:
                supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(15)
