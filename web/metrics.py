"""Prometheus metrics: request counts and durations by route, the auditor's repairs and removed rows."""

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


class StoredCounts(Collector):
    """Counts kept in the database, so that every process reports the same numbers."""

    def __init__(self, name: str, meaning: str, counts: Mapping[str, int]) -> None:
        self._family = CounterMetricFamily(name, meaning, labels=["what"])
        for what, count in counts.items():
            self._family.add_metric([what], count)

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield self._family


def counts_text(repairs: Mapping[str, int], removed: Mapping[str, int]) -> bytes:
    """The auditor's repairs and the rows removed at their age, in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(StoredCounts("muster_repairs", "Repairs by the auditor", repairs))
    registry.register(StoredCounts("muster_removed", "Rows removed at their age", removed))
    return generate_latest(registry)
