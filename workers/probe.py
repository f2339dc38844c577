"""The probe of a worker or ticker: whether it lives and works, and its metrics, over HTTP.

It runs in a thread of its own, so that it also answers while the event loop is stuck, and says so.
"""

from __future__ import annotations

import json
import logging
import os
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from database.clock import PROCESS_CLOCK
from database.process_metrics import DatabaseMetrics
from workers.probe_ports import PORTS
from workers.pulse import PULSES, Pulses

log = logging.getLogger(__name__)


class PartMetrics(Collector):
    """When the process's parts last succeeded, and how often they have succeeded and failed."""

    def __init__(self, pulses: Pulses) -> None:
        self._pulses = pulses

    def collect(self) -> Iterator[Metric]:
        working = GaugeMetricFamily(
            "muster_part_working",
            "0 if this part has not succeeded for longer than it should, otherwise 1",
            labels=["part"],
        )
        failing = self._pulses.failing()
        since = GaugeMetricFamily(
            "muster_part_seconds_since_success", "Seconds since this part last succeeded", labels=["part"]
        )
        times = CounterMetricFamily("muster_part_successes", "Successful runs of this part", labels=["part"])
        for part, age in self._pulses.ages().items():
            working.add_metric([part], part not in failing)
            if age is not None:
                since.add_metric([part], age)
        for part, count in self._pulses.times().items():
            times.add_metric([part], count)
        failures = CounterMetricFamily(
            "muster_part_failures", "Failures of this part, each of which was logged", labels=["part"]
        )
        for part, count in self._pulses.failures().items():
            failures.add_metric([part], count)
        yield from (working, since, times, failures)


class Probe:
    """What the probe answers."""

    def __init__(self, process: str, pulses: Pulses = PULSES, installation: str = "") -> None:
        self._process = process
        self._installation = installation
        self._pulses = pulses
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        for collector in (PartMetrics(pulses), DatabaseMetrics()):
            self._registry.register(collector)

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """The status, content type and body for a GET of this path."""
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if path == "/healthz":
            stuck = self._pulses.stuck()
            return _json(503 if stuck else 200, self._report("stuck" if stuck else "ok"))
        if path == "/readyz":
            failing = self._pulses.failing()
            return _json(503 if failing else 200, self._report("failing" if failing else "ready"))
        return _json(404, {"status": "unknown"})

    def _report(self, status: str) -> dict[str, Any]:
        offset = PROCESS_CLOCK.offset
        return {
            "status": status,
            "process": self._process,
            "installation": self._installation,
            "pid": os.getpid(),
            "up_seconds": round(self._pulses.up_seconds(), 3),
            "stuck": self._pulses.stuck(),
            "failing": self._pulses.failing(),
            "seconds_since_success": self._pulses.ages(),
            "clock_offset_seconds": None if offset is None else round(offset.total_seconds(), 3),
        }


def _json(status: int, body: dict[str, Any]) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(body).encode()


class _ProbeServer(ThreadingHTTPServer):
    daemon_threads = True
    # Otherwise two processes could share a port, on systems that allow it.
    allow_reuse_port = False

    def __init__(self, address: tuple[str, int], probe: Probe) -> None:
        self.probe = probe
        super().__init__(address, _ProbeRequest)

    def server_bind(self) -> None:
        """Bind without looking up this machine's name, which may ask a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log errors as any other; the standard library would print them. That a client has gone is none."""
        if not isinstance(sys.exception(), OSError):
            log.exception("unexpected probe error")


class _ProbeRequest(BaseHTTPRequestHandler):
    server: _ProbeServer
    timeout = 5
    """Seconds that a client may take to send its request."""

    def do_GET(self) -> None:
        status, kind, body = self.server.probe.answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests aren't logged: there is one every few seconds."""


@contextmanager
def serving_probe(probe: Probe, host: str, port: int) -> Iterator[int | None]:
    """Serve the probe until the block ends; yields its port.

    If the port is taken, one of the next is used. Without any, or with port 0, there is no probe: the work goes on.
    """
    server = _open(probe, host, port) if port else None
    if server is None:
        yield None
        return
    threading.Thread(target=server.serve_forever, name="probe", daemon=True).start()
    log.info("probe started address=http://%s:%d", host, server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _open(probe: Probe, host: str, port: int) -> _ProbeServer | None:
    for candidate in range(port, min(port + PORTS, 65536)):
        try:
            return _ProbeServer((host, candidate), probe)
        except OSError as error:
            reason = error.strerror or type(error).__name__
    log.warning("probe not started host=%s ports=%d-%d reason=%s", host, port, candidate, reason)
    return None
