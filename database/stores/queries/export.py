"""Everything, as one JSON object a line: for a backup of one's own, another tool, or the ledger of a test."""

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
    "webhook_source": ("secret",),
    "person_schedule": ("feed_hash",),
    "calendar_feed": ("url", "content", "content_hash", "etag"),
    "message": ("params",),
    "escalation": ("workflow_input",),
}
"""Columns that stay behind: secrets, their hashes, and what only serves to do the work again."""

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
    escalation.message,
)
"""In an order in which each line speaks of things that were named before it."""


async def export_lines(conn: AsyncConnection, tables: Iterable[Table] = EXPORTED) -> AsyncIterator[str]:
    """One line a row, each with a ``type`` (the table's name), ended by ``{"type": "end", "lines": n}``.

    All lines are of one moment, because they are read in one snapshot; ``conn`` must be new to its
    transaction. A reader that does not see the end did not get everything.
    """
    await conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    lines = 0
    for table in tables:
        stays = cast(array(WITHOUT.get(table.name, ()), type_=Text), ARRAY(Text))
        document = cast(func.to_jsonb(literal_column(f'"{table.name}"')).op("-")(stays), Text)
        query = select(document).select_from(table).order_by(*table.primary_key.columns)
        async with conn.stream(query) as rows:
            async for (found,) in rows:
                yield f'{{"type": "{table.name}", {found[1:]}\n'
                lines += 1
    yield f'{{"type": "end", "lines": {lines}}}\n'
