"""Metrics of this process's relation to the database: how far its clock is off, and what timed out."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from database.clock import PROCESS_CLOCK, CorrectedClock
from database.timeouts import TIMEOUTS, TimeoutCounts


class DatabaseMetrics(Collector):
    def __init__(self, clock: CorrectedClock = PROCESS_CLOCK, timeouts: TimeoutCounts = TIMEOUTS) -> None:
        self._clock = clock
        self._timeouts = timeouts

    def collect(self) -> Iterator[Metric]:
        if self._clock.offset is not None:
            offset = self._clock.offset.total_seconds()
            explanation = (
                "The database's clock minus this process's own; if they differ by over 2, the database's is used"
            )
            yield GaugeMetricFamily("muster_clock_offset_seconds", explanation, offset)
        family = CounterMetricFamily("muster_database_timeouts", "Time-outs at the database", labels=["kind"])
        for kind, times in self._timeouts.by_kind.items():
            family.add_metric([kind], times)
        yield family
