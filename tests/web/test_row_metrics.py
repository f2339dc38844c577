"""Metrics read from the rows: cached, and answered in time even if the database isn't."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from sqlalchemy import text

from database.engine import open_engine
from tests.servers import free_port
from tests.web.customers import visitor
from tests.web.office import Office, office
from web.row_metrics import FRESH, RowMetrics

__all__ = ["office"]


@dataclass
class Moment:
    seconds: float = 500.0

    def now(self) -> float:
        return self.seconds


def figure(metrics: str | bytes, name: str) -> float | None:
    shown = metrics if isinstance(metrics, str) else metrics.decode()
    found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", shown, re.MULTILINE)
    return None if found is None else float(found[1])


async def test_the_rows_show_at_metrics(office: Office) -> None:
    async with office.engine.begin() as conn:
        await conn.execute(text("INSERT INTO repair (what, times, last_at) VALUES ('workflow_gone', 3, now())"))
    async with visitor(office.app) as client:
        shown = (await client.get("/metrics")).text
    assert figure(shown, "muster_up") == 1
    assert figure(shown, "muster_unrelayed_events") == 0
    assert figure(shown, "muster_workflows_rebuilt_total") == 3
    assert 'muster_repairs_total{what="workflow_gone"} 3.0' in shown
    assert figure(shown, "muster_database_timeouts_total") is not None
    assert figure(shown, "muster_clock_offset_seconds") is not None


async def test_they_are_read_at_most_every_ten_seconds(office: Office) -> None:
    moment = Moment()
    metrics = RowMetrics(office.engine, moment.now)
    assert figure(await metrics.text(), "muster_workflows_failing") == 0
    async with office.engine.begin() as conn:
        await conn.execute(text("INSERT INTO figure (what, value, at) VALUES ('workflows_failing', 2, now())"))
    moment.seconds += FRESH
    shown = await metrics.text()
    assert (figure(shown, "muster_workflows_failing"), figure(shown, "muster_rows_age_seconds")) == (0, FRESH)
    moment.seconds += 1
    shown = await metrics.text()
    assert (figure(shown, "muster_workflows_failing"), figure(shown, "muster_rows_age_seconds")) == (2, 0)


async def test_without_a_database_the_last_figures_stay_and_say_how_old_they_are(office: Office) -> None:
    moment = Moment()
    metrics = RowMetrics(office.engine, moment.now)
    await metrics.text()
    nowhere = open_engine(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", connections=1)
    metrics._engine = nowhere
    moment.seconds += 60
    shown = await metrics.text()
    assert (figure(shown, "muster_up"), figure(shown, "muster_rows_age_seconds")) == (0, 60)
    assert figure(shown, "muster_unrelayed_events") == 0
    metrics._engine = office.engine
    moment.seconds += 60
    shown = await metrics.text()
    assert (figure(shown, "muster_up"), figure(shown, "muster_rows_age_seconds")) == (1, 0)
    await nowhere.dispose()


async def test_a_database_that_says_nothing_holds_up_no_request(office: Office) -> None:
    """Ten concurrent requests wait for one reading, and not until it ends."""
    moment = Moment()
    metrics = RowMetrics(office.engine, moment.now)
    async with office.engine.connect() as holder, holder.begin():
        await holder.execute(text("LOCK TABLE message IN ACCESS EXCLUSIVE MODE"))
        shown = await asyncio.gather(*(metrics.text() for _ in range(10)))
        assert {figure(one, "muster_up") for one in shown} == {0}
        assert {figure(one, "muster_messages_queued") for one in shown} == {None}, "nothing has been read yet"
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%clock AS%'"
        assert (await holder.execute(text(waiting))).scalar_one() <= 1
    reading = metrics._reading
    if reading is not None:
        await reading
    moment.seconds += FRESH + 1
    assert figure(await metrics.text(), "muster_up") == 1
