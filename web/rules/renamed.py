"""A draft that was begun before a name changed: brought up to date, so that a renaming loses nobody's work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.directory.renamings import Renaming, renamings_since, with_new_names
from database.stores.rules.versions import current_published, published_number
from rules_dsl import FormattingFailed, RulesRefused, format_rules
from web.rules.draft import Draft


async def with_todays_names(engine: AsyncEngine, draft: Draft) -> tuple[Draft, tuple[str, ...]]:
    """The draft with the names of today, and what was renamed in it: ``Team "Office" renamed to "Back office"``.

    Where only names have changed since its author began, it counts as begun from the version that stands.
    """
    if draft.base is None:
        return draft, ()
    async with engine.connect() as conn:
        made = await renamings_since(conn, draft.base)
        begun, standing = await published_number(conn, draft.base), await current_published(conn)
    if not made or begun is None or standing is None:
        return draft, ()
    text, told = await asyncio.to_thread(_renamed, draft.text, made)
    only_names = await asyncio.to_thread(_same, begun.text, made, standing.text)
    return replace(draft, text=text, base=standing.number if only_names else draft.base), told


def _renamed(text: str, made: Sequence[Renaming]) -> tuple[str, tuple[str, ...]]:
    told = []
    for one in made:
        new = with_new_names(text, [one])
        if new != text:
            told.append(one.words)
        text = new
    return text, tuple(told)


def _same(begun: str, made: Sequence[Renaming], standing: str) -> bool:
    try:
        return format_rules(with_new_names(begun, made)) == format_rules(standing)
    except (RulesRefused, FormattingFailed):
        return False
