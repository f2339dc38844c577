"""Backups of a stack, taken while it runs, and stacks restored from them, by the commands of docs/operations.md."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from cli.stack import postgres
from cli.stack.foundations import DATABASE
from cli.stack.home import Home
from cli.stack.postgres import BINARIES, Cluster
from config.settings import stored_secret
from tests.faults.stack import Breakable, breakable_stack
from tests.servers import free_port, serving

DUMP, TEMPORAL, SECRET, MAIL = "muster.dump", "temporal.db", "secret", "mail"


@dataclass(frozen=True)
class Backup:
    """A folder with a dump of the database, a copy of Temporal's file, the secret key, and the mails sent so far."""

    folder: Path

    @staticmethod
    def of(stack: Breakable, folder: Path) -> Backup:
        folder.mkdir()
        _run("pg_dump", "--format=custom", f"--file={folder / DUMP}", stack.database_url)
        with (
            contextlib.closing(sqlite3.connect(stack.stack.home.temporal_file)) as live,
            contextlib.closing(sqlite3.connect(folder / TEMPORAL)) as copy,
        ):
            live.backup(copy)
        shutil.copy(stack.stack.home.folder / SECRET, folder)
        shutil.copytree(stack.stack.home.folder / MAIL, folder / MAIL)
        return Backup(folder)


@contextlib.asynccontextmanager
async def restored(folder: Path, port: int, rows: Backup, temporal: Backup | None) -> AsyncIterator[Breakable]:
    """A stack in this new folder, with the rows (and mails) of one backup and Temporal's file of another, or none."""
    home = Home(folder)
    home.make()
    shutil.copy(rows.folder / SECRET, folder)
    shutil.copytree(rows.folder / MAIL, folder / MAIL, dirs_exist_ok=True)
    if temporal is not None:
        shutil.copy(temporal.folder / TEMPORAL, home.temporal_file)
    cluster = Cluster(home.postgres, free_port(), stored_secret(folder / "postgres-password"))
    with serving(cluster, folder / "restoring.log"):
        postgres.ensure_database(cluster, DATABASE)
        _run(
            "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={cluster.url(DATABASE)}", str(rows.folder / DUMP)
        )
    async with breakable_stack(folder, port=port) as stack:
        yield stack


def _run(command: str, *arguments: str) -> None:
    done = subprocess.run(
        [BINARIES / command, *arguments], capture_output=True, text=True, check=False, env={**os.environ, "TZ": "UTC"}
    )
    assert done.returncode == 0, done.stderr
