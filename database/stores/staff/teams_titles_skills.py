"""Teams, titles and skills: add them, rename them (also in the rules), delete them if nothing depends on them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_directory
from database.stores.directory.renamings import Renaming, note_renaming
from database.stores.journal.audit_log import write_audit
from database.stores.rules.rollout_rows import running_row
from database.stores.rules.versions import (
    PublishedRules,
    current_published,
    lock_rules,
    published_number,
    write_version,
)
from database.stores.staff.usage import TABLES, uses_of
from database.tables.account import ruleset
from database.tables.directory import desk, person, person_skill, team, title
from database.tables.rollout import rollout
from domain.directory_names import NameGone, NameInUse, NameTaken, NameUnfit, RenameRefused, fit_name
from rules_dsl import Directory, NameKind, RulesRefused, draft_rules, rename, same_decisions


@dataclass(frozen=True)
class NameEntry:
    id: int
    name: str
    people: int
    """Number of active people."""
    address: str = ""
    """The team's email address."""
    lead_title: int | None = None
    lead: str = ""


async def names_of_kind(conn: AsyncConnection, kind: NameKind) -> list[NameEntry]:
    """All names of this kind except deleted ones, in alphabetical order."""
    table = TABLES[kind]
    query = select(table, _people(kind, table).label("people")).where(table.c.retired_at.is_(None))
    if kind == "team":
        query = query.add_columns(title.c.name.label("lead")).outerjoin(title, title.c.id == team.c.lead_title)
    return [_listed(row, kind) for row in await conn.execute(query.order_by(func.lower(table.c.name)))]


async def find_name(conn: AsyncConnection, kind: NameKind, number: int) -> NameEntry | None:
    return next((one for one in await names_of_kind(conn, kind) if one.id == number), None)


async def add_name(conn: AsyncConnection, kind: NameKind, typed: str, actor: str, now: datetime, **more: Any) -> int:
    """Add a name and return its id; ``more`` is a team's ``address`` and ``lead_title``.

    Raises ``NameUnfit``, ``NameTaken``.
    """
    await lock_rules(conn)
    name, table = fit_name(typed), TABLES[kind]
    await _refuse_taken(conn, kind, name)
    await _refuse_unknown_lead(conn, more.get("lead_title"))
    number: int = (await conn.execute(table.insert().values(name=name, **more).returning(table.c.id))).scalar_one()
    await directory_changed(conn)
    await write_audit(conn, actor, f"added {kind}", name, now)
    return number


async def change_team(
    conn: AsyncConnection, number: int, address: str, lead_title: int | None, actor: str, now: datetime
) -> None:
    """Change a team's email address and leading title. Raises ``NameGone``, ``NameUnfit``."""
    await lock_rules(conn)
    row = await _row(conn, "team", number)
    if (row.address, row.lead_title) == (address, lead_title):
        return
    await _refuse_unknown_lead(conn, lead_title)
    await conn.execute(update(team).where(team.c.id == number).values(address=address, lead_title=lead_title))
    await directory_changed(conn)
    await write_audit(conn, actor, "changed team", row.name, now, {"address": address, "led by": lead_title})


async def rename_name(
    conn: AsyncConnection, kind: NameKind, number: int, seen: str, typed: str, author: str, actor: str, now: datetime
) -> list[PublishedRules]:
    """Rename a team, title or skill, also in the current rules and the candidate; returns the versions published.

    ``seen`` is the name that the page showed. No decision changes: apart from names, the rules compile to the same
    result. Raises ``NameUnfit``, ``NameTaken``, ``NameGone`` and ``RenameRefused``.
    """
    desk_id = await lock_rules(conn)
    row, name = await _row(conn, kind, number), fit_name(typed)
    if row.name != seen:
        raise NameGone(kind)
    if name == row.name:
        return []
    await _refuse_taken(conn, kind, name)
    before = await read_directory(conn)
    table = TABLES[kind]
    await conn.execute(update(table).where(table.c.id == number).values(name=name))
    await directory_changed(conn)
    highest = (await conn.execute(select(func.coalesce(func.max(ruleset.c.number), 0)))).scalar_one()
    renaming = Renaming(kind, number, row.name, name, highest, author, now)
    await note_renaming(conn, renaming)
    written = await _rewrite_rules(conn, desk_id, renaming, before, await read_directory(conn))
    body = {"to": name, "rules": ", ".join(f"version {published.number}" for published in written)}
    await write_audit(conn, actor, f"renamed {kind}", row.name, now, body)
    return written


async def _rewrite_rules(
    conn: AsyncConnection, desk_id: int, renaming: Renaming, before: Directory, after: Directory
) -> list[PublishedRules]:
    """Write the current rules and the candidate, in this order, so that the candidate keeps the higher number."""
    current, running = await current_published(conn), await running_row(conn)
    candidate = None if running is None else await published_number(conn, running.candidate)
    texts = {
        published.number: await asyncio.to_thread(_with_new_name, published, renaming, before, after)
        for published in (current, candidate)
        if published is not None
    }
    if current is None or all(new is None for new in texts.values()):
        return []
    written = []
    if candidate is None or texts[current.number] is not None:
        written.append(await _write(conn, desk_id, current, texts[current.number], renaming, adopted=True))
    if candidate is not None and running is not None:
        new_candidate = await _write(conn, desk_id, candidate, texts[candidate.number], renaming, adopted=False)
        numbers = {"candidate": new_candidate.number, "standing": written[0].number if written else current.number}
        await conn.execute(update(rollout).where(rollout.c.id == running.id).values(numbers))
        written.append(new_candidate)
    return written


async def _write(
    conn: AsyncConnection,
    desk_id: int,
    old: PublishedRules,
    new: tuple[str, str] | None,
    renaming: Renaming,
    *,
    adopted: bool,
) -> PublishedRules:
    text, version = new or (old.text, old.version)
    return await write_version(
        conn, desk_id, text, version, renaming.author, renaming.words, renaming.at, adopted=adopted
    )


def _with_new_name(
    published: PublishedRules, renaming: Renaming, before: Directory, after: Directory
) -> tuple[str, str] | None:
    """The new text and its version; None if the text doesn't contain the name. Raises ``RenameRefused``."""
    try:
        text = rename(published.text, renaming.kind, renaming.was, renaming.becomes)
    except RulesRefused as refused:
        raise RenameRefused(f"Version {published.number} of the rules can't be read any more: {refused}.") from refused
    old, new = draft_rules(published.text, before), draft_rules(text, after)
    if old is not None and new is not None and not same_decisions(old, new):
        raise RenameRefused(
            f"Version {published.number} of the rules asks for the “skill of this product area”, and finds it by its "
            f"name. With the name “{renaming.becomes}” it would find another. Change those rules first."
        )
    if text == published.text and (new is not None or old is None):
        return None
    if new is None:
        raise RenameRefused(
            f"Version {published.number} of the rules doesn't fit the directory. Publish rules that do, then rename."
        )
    return text, new.version


async def delete_name(conn: AsyncConnection, kind: NameKind, number: int, seen: str, actor: str, now: datetime) -> None:
    """Delete a name from the directory; its row stays for past escalations. Raises ``NameInUse``, ``NameGone``."""
    await lock_rules(conn)
    row, table = await _row(conn, kind, number), TABLES[kind]
    if row.name != seen:
        raise NameGone(kind)
    uses = await uses_of(conn, kind, number, row.name)
    if uses.prevents_deletion:
        raise NameInUse(kind, row.name, uses)
    if kind == "skill":
        await conn.execute(delete(person_skill).where(person_skill.c.skill == number))
    # Frees the name for reuse, while pages about the past still show which team, title or skill was meant.
    retired_name = f"{row.name} (deleted {now.day} {now:%b %Y}, {number})"
    await conn.execute(update(table).where(table.c.id == number).values(retired_at=now, name=retired_name))
    await directory_changed(conn)
    await write_audit(conn, actor, f"deleted {kind}", row.name, now, {"taken from people": uses.people})


async def directory_changed(conn: AsyncConnection) -> None:
    """Increment the directory's version, so that a process reading it in two parts notices and starts over."""
    await conn.execute(update(desk).values(directory_version=desk.c.directory_version + 1))


def _people(kind: NameKind, table: Table) -> Any:
    query = select(func.count()).select_from(person).where(person.c.active)
    if kind == "skill":
        query = query.join(person_skill, person_skill.c.person == person.c.id).where(person_skill.c.skill == table.c.id)
    else:
        query = query.where(person.c[kind] == table.c.id)
    return query.correlate(table).scalar_subquery()


def _listed(row: Row[Any], kind: NameKind) -> NameEntry:
    if kind != "team":
        return NameEntry(row.id, row.name, row.people)
    return NameEntry(row.id, row.name, row.people, row.address, row.lead_title, row.lead or "")


async def _row(conn: AsyncConnection, kind: NameKind, number: int) -> Row[Any]:
    table = TABLES[kind]
    query = select(table).where(table.c.id == number, table.c.retired_at.is_(None))
    row = (await conn.execute(query.with_for_update(key_share=True))).one_or_none()
    if row is None:
        raise NameGone(kind)
    return row


async def _refuse_taken(conn: AsyncConnection, kind: NameKind, name: str) -> None:
    """Refuse a name that differs from an existing one only in case: people would read both as the same name."""
    table = TABLES[kind]
    query = select(table.c.name).where(func.lower(table.c.name) == name.lower())
    for taken in (await conn.execute(query)).scalars():
        raise NameTaken(kind, taken)


async def _refuse_unknown_lead(conn: AsyncConnection, lead_title: int | None) -> None:
    """Refuse a deleted title, which an older page may still offer."""
    query = select(title.c.id).where(title.c.id == lead_title, title.c.retired_at.is_(None))
    if lead_title is not None and (await conn.execute(query)).scalar_one_or_none() is None:
        raise NameUnfit("This title has been deleted. Please choose again who leads the team.")
