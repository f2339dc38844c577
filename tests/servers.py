"""Real servers for tests, which end with the test run, however it ends."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from cli.stack import postgres
from cli.stack.postgres import Cluster
from cli.stack.process import die_with_parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running_postgres(folder: Path) -> Iterator[Cluster]:
    """Run a PostgreSQL server with its data in this folder until the block ends."""
    cluster = Cluster(folder / "postgres", free_port(), secrets.token_urlsafe(16))
    with serving(cluster, folder / "postgres.log"):
        yield cluster


@contextlib.contextmanager
def serving(cluster: Cluster, log_file: Path) -> Iterator[None]:
    """Run this cluster's server, with data that a crash of the machine may lose, until the block ends."""
    postgres.initialise(cluster)
    with log_file.open("wb") as log:
        server = subprocess.Popen(
            postgres.command(cluster, postgres.FORGETFUL),
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent(postgres.STOP_SIGNAL),
            cwd="/",
            **postgres.run_as(),
        )
    try:
        deadline = time.monotonic() + 30
        while not postgres.answers(cluster.url("postgres")):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log_file.read_text())
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(postgres.STOP_SIGNAL)
        server.wait(30)


@contextlib.contextmanager
def cloned_database(cluster: Cluster, template: str) -> Iterator[str]:
    """Address of a new copy of a database without connections; dropped afterwards."""
    name = f"test_{secrets.token_hex(8)}"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield cluster.url(name)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
