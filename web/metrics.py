"""Prometheus metrics: request counts and durations by route, and the auditor's repairs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestMetrics:
    """Counts and times requests, labelled with the route's template rather than the URL, which may contain tokens."""

    def __init__(self, app: ASGIApp, *, registry: CollectorRegistry) -> None:
        self.app = app
        self.requests = Counter("muster_http_requests", "Responses", ["method", "route", "status"], registry=registry)
        self.seconds = Histogram(
            "muster_http_request_seconds", "Seconds until a response began", ["route"], registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()

        async def counting_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                self.requests.labels(scope["method"], route, message["status"]).inc()
                self.seconds.labels(route).observe(time.perf_counter() - began)
            await send(message)

        await self.app(scope, receive, counting_send)


class Repairs(Collector):
    """The auditor's repairs as counted in the database, so that every process reports the same numbers."""

    def __init__(self, times: Mapping[str, int]) -> None:
        self._times = times

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily("muster_repairs", "Repairs by the auditor", labels=["what"])
        for what, times in self._times.items():
            family.add_metric([what], times)
        yield family


def repairs_text(times: Mapping[str, int]) -> bytes:
    """The repairs in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(Repairs(times))
    return generate_latest(registry)
