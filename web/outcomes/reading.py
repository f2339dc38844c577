"""The outcomes page and its figures as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from database.clock import current_time
from database.stores.journal.audit_log import write_audit
from database.stores.queries.outcomes import By, Measures, Period, by_day, measure, measure_by, not_served
from web.dependencies import Engine, Reports
from web.outcomes import sentences
from web.outcomes.bars import Chart, chart, columns
from web.outcomes.sentences import ReportPeriods, six
from web.page import page
from web.security.session import Signed

router = APIRouter(prefix="/outcomes")

SPANS = (7, 28, 90, 365)
DEFAULT = 28
SHOWN = 30
"""Maximum rows in a table on the page; the CSV file has all rows."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@router.get("")
async def outcomes_page(request: Request, engine: Reports, signed: Signed, days: int = DEFAULT) -> HTMLResponse:
    days = days if days in SPANS else DEFAULT
    now_span, before_span = _spans(days)
    async with engine.connect() as conn:
        spans = await _read(conn, days, now_span, before_span)
        groups = [(by, await measure_by(conn, now_span, by)) for by in By]
        per_day = await by_day(conn, now_span, signed.time_zone)
    served = {day.day: day.served for day in per_day}
    first, last = (at.astimezone(ZoneInfo(signed.time_zone)).date() for at in (now_span.since, now_span.until))
    calendar = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    rows = [(f"{day.day} {day:%b}", served.get(day, 0)) for day in calendar]
    return page(
        request,
        "outcomes/page.html",
        days=days,
        choices=SPANS,
        sums=six(spans),
        served=spans.now.served,
        daily=columns(f"Calls served per day, last {days} days", rows),
        per_day=per_day,
        groups=[(by.value, lines[:SHOWN], len(lines), _ratings(by, lines, days)) for by, lines in groups],
        say=sentences,
        zone=signed.time_zone,
    )


@router.get(".csv")
async def outcomes_csv(
    engine: Reports, pages: Engine, signed: Signed, days: int = DEFAULT, by: By = By.PERSON
) -> Response:
    days = days if days in SPANS else DEFAULT
    now_span, _ = _spans(days)
    async with engine.connect() as conn:
        lines = await measure_by(conn, now_span, by)
    async with pages.begin() as conn:
        await write_audit(conn, signed.actor, "exported outcomes", f"by {by.value}, {days} days", current_time())
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([cell(value) for value in row] for row in _rows(by, lines))
    headers = {"Content-Disposition": f'attachment; filename="outcomes-by-{by.value}-{days}-days.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def cell(value: str) -> str:
    """The value, quoted if a spreadsheet could mistake it for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _rows(by: By, lines: list[Measures]) -> Iterator[tuple[str, ...]]:
    yield (
        by.value,
        "calls served",
        "ratings",
        "mean rating",
        "recorded",
        "resolved",
        "median handle seconds",
        "replies",
    )
    for line in lines:
        figures = (line.csat, line.handle_seconds, line.replies)
        rating, handled, replies = ("" if figure is None else f"{figure:.2f}" for figure in figures)
        yield (
            line.name,
            str(line.served),
            str(line.ratings),
            rating,
            str(line.wrapped_up),
            str(line.resolved),
            handled,
            replies,
        )


def _ratings(by: By, lines: list[Measures], days: int) -> Chart:
    rows = [sentences.rating_bar(line) for line in lines[:SHOWN]]
    return chart(f"Mean rating by {by.value}, last {days} days, of 5 (number of ratings)", rows, 5)


def _spans(days: int) -> tuple[Period, Period]:
    now, length = current_time(), timedelta(days=days)
    return Period(now - length, now), Period(now - 2 * length, now - length)


async def _read(conn: AsyncConnection, days: int, now_span: Period, before_span: Period) -> ReportPeriods:
    return ReportPeriods(
        days,
        await measure(conn, now_span),
        await measure(conn, before_span),
        await not_served(conn, now_span),
        await not_served(conn, before_span),
    )
