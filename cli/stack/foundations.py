"""What Muster's own processes need in the embedded stack: PostgreSQL, Temporal and the mailbox.

Each is started here, unless the settings name another server.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from cli.stack import parts, postgres, temporal
from cli.stack.child import Child, ChildFailed
from cli.stack.home import Home, any_free_port
from cli.stack.postgres import Cluster
from cli.stack.supervisor import Supervisor
from config.settings import Settings, stored_secret

DATABASE = "muster"
TRIES = 5
"""How often other ports are tried if somebody takes one between the look and the start."""
PORT_TAKEN = "address already in use"
"""What each server logs then, in some letter case."""
LEFTOVERS_WITHIN = 30.0
"""Seconds for which a killed server's remains may keep the next one from starting."""


class Foundations:
    """The servers below Muster's processes, with their ports, which may change until a server is ready."""

    def __init__(
        self,
        settings: Settings,
        home: Home,
        supervisor: Supervisor,
        ports: dict[str, int],
        report: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._home = home
        self._supervisor = supervisor
        self._ports = ports
        self._report = report

    @property
    def cluster(self) -> Cluster | None:
        """The embedded PostgreSQL."""
        if self._settings.database_url is not None:
            return None
        password = stored_secret(self._home.folder / "postgres-password")
        return Cluster(self._home.postgres, self._ports["postgres"], password)

    @property
    def server(self) -> temporal.Server | None:
        """The embedded Temporal."""
        if os.environ.get("TEMPORAL_ADDRESS"):
            return None
        return temporal.Server(self._home.temporal_file, self._ports["temporal"], self._ports["ui"])

    @property
    def catches_mail(self) -> bool:
        return self._settings.smtp_host is None

    @property
    def database_url(self) -> str:
        return self.cluster.url(DATABASE) if self.cluster else self._settings.require_database_url()

    @property
    def temporal_address(self) -> str:
        return self.server.address if self.server else os.environ["TEMPORAL_ADDRESS"]

    def variables(self) -> dict[str, str]:
        """The addresses of these servers, for Muster's processes."""
        # One that the environment names is in some other Temporal.
        namespace = {"TEMPORAL_NAMESPACE": "default"} if self.server else {}
        mail = {"MUSTER_SMTP_HOST": "127.0.0.1", "MUSTER_SMTP_PORT": str(self._ports["smtp"])}
        return {
            "MUSTER_DATABASE_URL": self.database_url,
            "TEMPORAL_ADDRESS": self.temporal_address,
            **namespace,
            **(mail if self.catches_mail else {}),
        }

    async def start_postgres(self) -> None:
        """Start it, with an empty database the first time."""
        cluster = self.cluster
        if cluster is None:
            return
        await asyncio.to_thread(postgres.clear_stale_server, cluster.folder)
        await asyncio.to_thread(postgres.initialise, cluster)
        deadline = time.monotonic() + LEFTOVERS_WITHIN
        while True:
            try:
                await self._start(lambda: parts.postgres_child(self._at_port(cluster)), "postgres")
                break
            except ChildFailed as failure:
                if time.monotonic() > deadline or not failure.mentions(*postgres.LEFTOVERS):
                    raise
            await asyncio.sleep(0.5)
        await asyncio.to_thread(postgres.ensure_database, self._at_port(cluster), DATABASE)

    def _at_port(self, cluster: Cluster) -> Cluster:
        return replace(cluster, port=self._ports["postgres"])

    async def start_temporal(self) -> None:
        def child() -> Child:
            assert self.server
            return parts.temporal_child(self.server)

        if self.server:
            await self._start(child, "temporal", "ui")

    async def start_mailbox(self, environment: Mapping[str, str]) -> None:
        folder = self._home.folder / "mail"
        if self.catches_mail:
            await self._start(lambda: parts.mailbox_child(folder, self._ports["smtp"], environment), "smtp")

    async def _start(self, child: Callable[[], Child], *ports: str) -> None:
        """Start a child. If another program has just taken one of these ports of its, choose others."""
        for left in reversed(range(TRIES)):
            wanted = child()
            try:
                return await self._supervisor.start(wanted)
            except ChildFailed as failure:
                if not left or not failure.mentions(PORT_TAKEN):
                    raise
            for name in ports:
                self._ports[name] = any_free_port(self._ports.values())
            self._report(f"another program has taken a port of {wanted.name}, trying other ports")
