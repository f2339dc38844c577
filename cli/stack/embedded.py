"""The embedded stack, all of Muster on one machine: what is started, in what order and with what settings."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence

from cli.stack import parts, postgres, temporal
from cli.stack.home import Home, Record, choose_ports, end_leftovers, is_free
from cli.stack.logs import LogLimits
from cli.stack.postgres import Cluster
from cli.stack.supervisor import Supervisor
from config.settings import Settings, stored_secret

DATABASE = "muster"
_PORTS = ("postgres", "temporal", "ui", "smtp", *parts.PROBED)


class PortTaken(Exception):
    """Another program is using the web port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use by another program: choose another with MUSTER_PORT")


class EmbeddedStack:
    """Muster's processes in one home, along with PostgreSQL, Temporal and a mailbox unless the settings name others."""

    def __init__(
        self, settings: Settings, home: Home, report: Callable[[str], None], seeding: Sequence[str] = ()
    ) -> None:
        self._settings = settings
        self._seeding = tuple(seeding)
        self._home = home
        self._supervisor = Supervisor(home.logs, self._report_if_running, self._write_record, _log_limits(settings))
        self._report = report
        self._ready = False
        self._stopping = False
        earlier = home.read_record()
        end_leftovers(earlier)
        if not is_free(settings.port):
            raise PortTaken(settings.port)
        self.ports = choose_ports(_PORTS, settings.port, earlier.ports)
        self._cluster = self._own_cluster() if settings.database_url is None else None
        self._server = self._own_temporal() if "TEMPORAL_ADDRESS" not in os.environ else None

    @property
    def database_url(self) -> str:
        return self._cluster.url(DATABASE) if self._cluster else self._settings.require_database_url()

    @property
    def temporal_ui(self) -> str | None:
        return f"http://127.0.0.1:{self.ports['ui']}" if self._server else None

    @property
    def catches_mail(self) -> bool:
        return self._settings.smtp_host is None

    async def run(self, when_ready: Callable[[], None]) -> None:
        """Start everything, call ``when_ready``, and keep it running until SIGINT, SIGTERM or SIGHUP."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        self._write_record()
        starting = asyncio.create_task(self._start())
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                self._ready = True
                self._write_record()
                when_ready()
                await stopped
        finally:
            starting.cancel()
            stopped.cancel()
            await asyncio.gather(starting, stopped, return_exceptions=True)
            await self._stop()

    async def _start(self) -> None:
        environment = self._environment()
        start = self._supervisor.start
        await asyncio.gather(self._start_database(environment), self._start_temporal_and_mailbox(environment))
        starts = [
            start(parts.worker_child(self._with_probe("worker", environment), self._server)),
            start(parts.muster("ticker-1", self._with_probe("ticker-1", environment), "ticker")),
            start(parts.muster("ticker-2", self._with_probe("ticker-2", environment), "ticker")),
            start(parts.web_child(f"http://127.0.0.1:{self._settings.port}", environment)),
        ]
        if self._cluster:
            seeding = parts.muster("seed", environment, "seed", "--always-on-duty", "--quiet", *self._seeding)
            starts.append(self._supervisor.run_once(seeding))
        await asyncio.gather(*starts)

    async def _start_database(self, environment: dict[str, str]) -> None:
        if self._cluster:
            await asyncio.to_thread(postgres.clear_stale_server, self._cluster.folder)
            await asyncio.to_thread(postgres.initialise, self._cluster)
            await self._supervisor.start(parts.postgres_child(self._cluster))
            await asyncio.to_thread(postgres.ensure_database, self._cluster, DATABASE)
        await self._supervisor.run_once(parts.muster("migrate", environment, "migrate"))

    async def _start_temporal_and_mailbox(self, environment: dict[str, str]) -> None:
        children = []
        if self._server:
            children.append(parts.temporal_child(self._server))
        if self.catches_mail:
            folder = self._home.folder / "mail"
            children.append(parts.mailbox_child(folder, self.ports["smtp"], environment))
        await asyncio.gather(*map(self._supervisor.start, children))

    async def _stop(self) -> None:
        self._stopping = True
        await self._supervisor.stop(parts.PROCESSES, within=2.0)
        await self._supervisor.stop(parts.FOUNDATIONS, within=1.5)
        self._ready = False
        self._write_record()

    def _own_cluster(self) -> Cluster:
        password = stored_secret(self._home.folder / "postgres-password")
        return Cluster(self._home.postgres, self.ports["postgres"], password)

    def _own_temporal(self) -> temporal.Server:
        return temporal.Server(self._home.temporal_file, self.ports["temporal"], self.ports["ui"])

    def _environment(self) -> dict[str, str]:
        variables = {
            "MUSTER_HOME": str(self._home.folder),
            "MUSTER_PORT": str(self._settings.port),
            "MUSTER_EMBEDDED": "true",
            "MUSTER_DATABASE_URL": self.database_url,
            "PYTHONUNBUFFERED": "1",
        }
        if self._server:
            variables["TEMPORAL_ADDRESS"] = self._server.address
        if self.catches_mail:
            variables |= {"MUSTER_SMTP_HOST": "127.0.0.1", "MUSTER_SMTP_PORT": str(self.ports["smtp"])}
        return {**os.environ, **variables}

    def _with_probe(self, name: str, environment: dict[str, str]) -> dict[str, str]:
        return environment | {"MUSTER_PROBE_PORT": str(self.ports[name])}

    def _report_if_running(self, line: str) -> None:
        if not self._stopping:
            self._report(line)

    def _write_record(self) -> None:
        running = self._supervisor.running
        self._home.write_record(
            Record(
                pid=os.getpid() if running else None,
                ready=self._ready,
                url=self._settings.base_url,
                database_url=self.database_url,
                temporal_address=self._server.address if self._server else os.environ["TEMPORAL_ADDRESS"],
                ports={"web": self._settings.port, **self.ports},
                children=dict(running),
            )
        )


def _log_limits(settings: Settings) -> LogLimits:
    return LogLimits(settings.log_file_megabytes * 2**20, settings.log_files)
