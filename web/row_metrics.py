"""Metrics read from the rows, at most every ten seconds. A database that doesn't answer holds up nobody."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.journal.retention import removed_so_far
from database.stores.queries.vital_signs import read_vital_signs
from database.stores.rounds.repair import counted_repairs
from domain.vital_signs import VitalSigns
from web.dependencies import from_state

log = logging.getLogger(__name__)

FRESH = 10.0
"""For how many seconds a reading, or a failure to read, holds."""
WAIT = 2.0
"""How many seconds a request waits for a reading. Later ones find its result."""


@dataclass(frozen=True)
class RowReading:
    signs: VitalSigns
    repairs: Mapping[str, int]
    """How many times the auditor has repaired what, as counted in the database."""
    removed: Mapping[str, int]
    """How many rows of each kind were removed at their age."""
    read_at: float
    """In seconds of the monotonic clock."""


class RowMetrics(Collector):
    """The last reading, with its age, and whether the database answers."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._reading: asyncio.Task[None] | None = None
        self._tried_at: float | None = None
        self._last: RowReading | None = None
        self._up = False
        self._registry = CollectorRegistry()
        self._registry.register(self)

    async def text(self) -> bytes:
        """The metrics in Prometheus's text format, after at most ``WAIT`` seconds."""
        if self._reading is None and (self._tried_at is None or self._clock() - self._tried_at > FRESH):
            self._tried_at = self._clock()
            self._reading = asyncio.create_task(self._read())
        if self._reading is not None:
            # It isn't cancelled: that would wait for the database too.
            done, _ = await asyncio.wait({self._reading}, timeout=WAIT)
            self._up = self._up and bool(done)
        return generate_latest(self._registry)

    def show(self, reading: RowReading) -> None:
        """Show this reading from now on."""
        self._last, self._up = reading, True

    async def _read(self) -> None:
        try:
            async with self._engine.connect() as conn:
                signs = await read_vital_signs(conn)
                repairs = {repair.what: repair.times for repair in await counted_repairs(conn)}
                removed = await removed_so_far(conn)
            self.show(RowReading(signs, repairs, removed, self._clock()))
        except (SQLAlchemyError, OSError) as error:
            log.warning("metrics not read from the database, retrying error=%s", type(error).__name__)
            self._up = False
        finally:
            self._reading = None

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("muster_up", "1 if the database answers this process, otherwise 0", self._up)
        if self._last is None:
            return
        age = self._clock() - self._last.read_at
        yield GaugeMetricFamily("muster_rows_age_seconds", "Age of the figures that are read from the database", age)
        yield from families(self._last)


def families(reading: RowReading) -> Iterator[Metric]:
    """The metrics of one reading."""
    signs = reading.signs
    for name, explanation, value in (
        ("unrelayed_events", "Events that their workflows have not been told", signs.unrelayed),
        ("oldest_unrelayed_seconds", "Age of the oldest of these", signs.oldest_unrelayed),
        ("calls_unserved", "Calls that are due and that nobody has", signs.unserved),
        ("oldest_unserved_seconds", "Seconds since the oldest of these became due", signs.oldest_unserved),
        ("messages_queued", "Messages that are due but not sent", signs.queued),
        ("oldest_queued_seconds", "Seconds since the oldest of these became due", signs.oldest_queued),
        ("messages_failed", "Messages given up", signs.failed_messages),
        ("rounds_last_minute", "Rounds in the last full minute, of all tickers", signs.rounds_last_minute),
        ("seconds_since_round", "Seconds since the last round", signs.since_round),
        ("workflows_failing", "Workflows whose tasks fail, as of the last audit", signs.workflows_failing),
        ("seconds_since_audit", "Seconds since the last audit of which every step succeeded", signs.since_audit),
    ):
        if value is not None:
            yield GaugeMetricFamily(f"muster_{name}", explanation, value)
    yield CounterMetricFamily("muster_workflows_rebuilt", "Workflows rebuilt from the rows", signs.workflows_rebuilt)
    for name, explanation, counts in (
        ("muster_repairs", "Repairs by the auditor", reading.repairs),
        ("muster_removed", "Rows removed at their age", reading.removed),
    ):
        family = CounterMetricFamily(name, explanation, labels=["what"])
        for what, times in counts.items():
            family.add_metric([what], times)
        yield family


AppRowMetrics = Annotated[RowMetrics, from_state("row_metrics")]
"""The metrics read from the rows."""
