"""The embedded stack, all of Muster on one machine: what is started, in what order and with what settings."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence

from cli.stack import parts
from cli.stack.foundations import Foundations
from cli.stack.home import Home, Record, choose_ports, end_leftovers, is_free
from cli.stack.logs import LogLimits
from cli.stack.named_servers import await_named_servers
from cli.stack.supervisor import Supervisor
from cli.stack.waiting import together
from config.settings import Settings

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
        self._foundations = Foundations(settings, home, self._supervisor, self.ports, report)
        self.silent: tuple[str, ...] = ()
        """What the stack works without, in sentences: servers of the settings that did not answer at the start."""

    @property
    def temporal(self) -> str:
        """Where to look at Temporal: its UI, or the address of the server that the settings name."""
        own = self._foundations.server
        return f"http://127.0.0.1:{own.ui_port}" if own else self._foundations.temporal_address

    @property
    def catches_mail(self) -> bool:
        return self._foundations.catches_mail

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
        self.silent = await await_named_servers(self._settings, self._report)
        below, start = self._foundations, self._supervisor.start
        await together(self._start_database(), below.start_temporal(), below.start_mailbox(self._environment()))
        environment = self._environment()
        starts = [
            start(parts.worker_child(self.ports["worker"], environment)),
            start(parts.ticker_child("ticker-1", self.ports["ticker-1"], environment)),
            start(parts.ticker_child("ticker-2", self.ports["ticker-2"], environment)),
            start(parts.web_child(self._settings.local_url, environment)),
        ]
        if below.cluster:
            seeding = parts.muster("seed", environment, "seed", "--always-on-duty", "--quiet", *self._seeding)
            starts.append(self._supervisor.run_once(seeding))
        await together(*starts)
        await self._supervisor.all_ready()

    async def _start_database(self) -> None:
        await self._foundations.start_postgres()
        await self._supervisor.run_once(parts.muster("migrate", self._environment(), "migrate"))

    async def _stop(self) -> None:
        self._stopping = True
        await self._supervisor.stop(parts.PROCESSES, within=2.0)
        await self._supervisor.stop(parts.FOUNDATIONS, within=1.5)
        self._ready = False
        self._write_record()

    def _environment(self) -> dict[str, str]:
        """The environment of Muster's processes. The ports in it are final once the foundations are ready."""
        return {
            **os.environ,
            "MUSTER_HOME": str(self._home.folder),
            "MUSTER_PORT": str(self._settings.port),
            "MUSTER_EMBEDDED": "true",
            "PYTHONUNBUFFERED": "1",
            **self._foundations.variables(),
        }

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
                database_url=self._foundations.database_url,
                temporal_address=self._foundations.temporal_address,
                ports={"web": self._settings.port, **self.ports},
                children=dict(running),
            )
        )


def _log_limits(settings: Settings) -> LogLimits:
    return LogLimits(settings.log_file_megabytes * 2**20, settings.log_files)
