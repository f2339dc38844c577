"""Renamings of teams, titles and skills. They are applied one after another to older rules texts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.rollout import renaming
from rules_dsl import NameKind, replace_name


@dataclass(frozen=True)
class Renaming:
    kind: NameKind
    subject: int
    """Id of the team, title or skill."""
    was: str
    becomes: str
    after_number: int
    """The number of the newest rules version at the time of this renaming."""
    author: str
    at: datetime

    @property
    def words(self) -> str:
        """``Team "Office" renamed to "Back office"``"""
        return f'{self.kind.capitalize()} "{self.was}" renamed to "{self.becomes}"'


async def note_renaming(conn: AsyncConnection, renamed: Renaming) -> None:
    await conn.execute(renaming.insert().values(asdict(renamed)))


async def renamings_since(conn: AsyncConnection, number: int) -> list[Renaming]:
    """Renamings since version ``number`` was published, oldest first."""
    query = select(renaming).where(renaming.c.after_number >= number).order_by(renaming.c.id)
    return [
        Renaming(kind, row.subject, row.was, row.becomes, row.after_number, row.author, row.at)
        for row in await conn.execute(query)
        for kind in get_args(NameKind)
        if kind == row.kind
    ]


def with_new_names(text: str, renamings: Sequence[Renaming]) -> str:
    for renamed in renamings:
        text = replace_name(text, renamed.kind, renamed.was, renamed.becomes)
    return text


async def text_today(conn: AsyncConnection, text: str, number: int) -> str:
    """Take a text written when version ``number`` was current, and replace only the names in it with today's."""
    return await asyncio.to_thread(with_new_names, text, await renamings_since(conn, number))
