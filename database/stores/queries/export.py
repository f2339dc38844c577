"""The export: all data, one JSON object per line, for backups, other tools and test ledgers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from sqlalchemy import ARRAY, Table, Text, cast, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables import account, booking, customer_link, directory, escalation, muster, schedule

WITHOUT: dict[str, tuple[str, ...]] = {
    "person": ("password_hash",),
    "customer_link": ("token_hash",),
    "join_link": ("token_hash",),
    "survey": ("token_hash",),
    "api_token": ("token_hash",),
    "webhook_source": ("secret", "next_secret"),
    "person_schedule": ("feed_hash",),
    "calendar_feed": ("url", "content", "content_hash", "etag"),
    "message": ("params",),
    "escalation": ("workflow_input",),
}
"""Columns that are not exported: secrets, their hashes, and data needed only for processing."""

EXPORTED: tuple[Table, ...] = (
    directory.desk,
    directory.title,
    directory.skill,
    directory.team,
    directory.person,
    directory.person_skill,
    directory.weekly_shift,
    schedule.person_schedule,
    schedule.day_change,
    schedule.time_off,
    schedule.kept_free,
    schedule.calendar_feed,
    schedule.calendar_busy,
    directory.presence,
    directory.directory_snapshot,
    account.ruleset,
    account.api_token,
    account.webhook_source,
    account.audit_entry,
    escalation.customer,
    escalation.escalation,
    escalation.escalation_event,
    customer_link.customer_link,
    booking.pool,
    booking.pool_agent,
    booking.booking,
    muster.call,
    muster.round,
    muster.offer,
    customer_link.survey,
    muster.wrap_up,
    muster.rating,
    muster.follow_up,
    escalation.message,
)
"""Tables in export order: each line references only lines before it."""


async def export_lines(conn: AsyncConnection, tables: Iterable[Table] = EXPORTED) -> AsyncIterator[str]:
    """Yield one line per row, with its table's name as ``type``, and at the end ``{"type": "end", "lines": n}``.

    All lines come from one snapshot, so ``conn`` must be at the start of its transaction. An export without the last
    line is incomplete.
    """
    await conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    lines = 0
    for table in tables:
        omitted = cast(array(WITHOUT.get(table.name, ()), type_=Text), ARRAY(Text))
        document = cast(func.to_jsonb(literal_column(f'"{table.name}"')).op("-")(omitted), Text)
        query = select(document).select_from(table).order_by(*table.primary_key.columns)
        async with conn.stream(query) as rows:
            async for (line,) in rows:
                yield f'{{"type": "{table.name}", {line[1:]}\n'
                lines += 1
    yield f'{{"type": "end", "lines": {lines}}}\n'
