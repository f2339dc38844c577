"""The embedded stack's home: its paths, its lock, and the record of what is running in it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

LOOKS = 3
"""How often a lock is tried, in case a command is just looking whether the home is in use."""


class AlreadyRunning(Exception):
    """Another `muster up` is using this home."""

    def __init__(self, home: Home) -> None:
        record = home.read_record()
        where = f" at {record.url}" if record.url else ""
        super().__init__(f"Muster is already running{where} (process {record.pid}, data in {home.folder})")


@dataclass(frozen=True)
class Running:
    """A child process, identifiable even if the system reuses its process id."""

    pid: int
    started: float
    """Seconds since 1970, as reported by the system."""


@dataclass(frozen=True)
class Record:
    """The content of ``stack.json``. ``ports`` are kept between runs, so that addresses stay the same."""

    pid: int | None = None
    ready: bool = False
    url: str = ""
    database_url: str = ""
    temporal_address: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    children: dict[str, Running] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        children = {name: {"pid": running.pid, "started": running.started} for name, running in self.children.items()}
        return {**self.__dict__, "children": children}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Record:
        children = {name: Running(**running) for name, running in data.pop("children").items()}
        return Record(**data, children=children)


@dataclass(frozen=True)
class Home:
    """Paths below ``MUSTER_HOME``."""

    folder: Path

    @property
    def record_file(self) -> Path:
        return self.folder / "stack.json"

    @property
    def credentials(self) -> Path:
        return self.folder / "credentials.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def temporal_file(self) -> Path:
        return self.folder / "temporal.db"

    def make(self) -> None:
        """Create the folder and its private subfolders."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for private in (self.logs, self.folder / "mail"):
            private.mkdir(mode=0o700, exist_ok=True)

    def read_record(self) -> Record:
        """The last record; an empty one if it is missing or unreadable."""
        try:
            return Record.from_json(json.loads(self.record_file.read_text()))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return Record()

    def write_record(self, record: Record) -> None:
        write_private(self.record_file, json.dumps(record.as_json(), indent=1))

    def is_in_use(self) -> bool:
        """Whether a `muster up` that still lives uses this home; the record of one that was killed remains."""
        try:
            with self._lock_file.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the home; the lock never outlives the process. Raises ``AlreadyRunning``."""
        self.make()
        with self._lock_file.open("w") as lock:
            if not any(map(_take, [lock] * LOOKS)):
                raise AlreadyRunning(self)
            yield

    @property
    def _lock_file(self) -> Path:
        return self.folder / "lock"


def _take(lock: IO[str]) -> bool:
    """Take an exclusive lock, unless somebody else has it for longer than ``is_in_use`` needs it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(0.05)
        return False
    return True


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.replace(path)


def end_leftovers(record: Record) -> None:
    """Kill children that outlived a killed supervisor, on systems that don't do this by themselves."""
    ending = []
    for running in record.children.values():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(running.pid)
            started = abs(process.create_time() - running.started) < 1
            # A zombie holds no resources.
            if started and process.status() != psutil.STATUS_ZOMBIE:
                process.kill()
                ending.append(process)
    psutil.wait_procs(ending, timeout=2)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def choose_ports(names: Sequence[str], after: int, earlier: dict[str, int]) -> dict[str, int]:
    """A free port for each name: the previous one if possible, otherwise one just above ``after``, otherwise any."""
    chosen: dict[str, int] = {}
    for offset, name in enumerate(names, 1):
        preferred = (earlier.get(name), after + offset)
        free = (port for port in preferred if port and port < 65536 and port not in chosen.values() and is_free(port))
        chosen[name] = next(free, None) or any_free_port(chosen.values())
    return chosen


def any_free_port(taken: Collection[int]) -> int:
    """A free port of 127.0.0.1 that isn't one of these."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port
