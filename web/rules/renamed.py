"""Updates the names in a draft that was started before a renaming, so that nobody loses work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from database.bounded_threads import RULES_TEXTS
from database.stores.directory.renamings import Renaming, renamings_since, with_new_names
from database.stores.rules.versions import current_published, published_number
from rules_dsl import FormattingFailed, RulesRefused, format_rules
from web.rules.draft import Draft


async def with_todays_names(engine: AsyncEngine, draft: Draft) -> tuple[Draft, tuple[str, ...]]:
    """The draft with current names, and what was renamed in it: ``Team "Office" renamed to "Back office"``.

    If nothing but names has changed since its author started, the draft is now based on the current version.
    """
    if draft.base is None:
        return draft, ()
    async with engine.connect() as conn:
        renamings = await renamings_since(conn, draft.base)
        base, current = await published_number(conn, draft.base), await current_published(conn)
    if not renamings or base is None or current is None:
        return draft, ()
    text, applied = await RULES_TEXTS.run(_rename, draft.text, renamings)
    only_names = await RULES_TEXTS.run(_same, base.text, renamings, current.text)
    return replace(draft, text=text, base=current.number if only_names else draft.base), applied


def _rename(text: str, renamings: Sequence[Renaming]) -> tuple[str, tuple[str, ...]]:
    applied = []
    for renaming in renamings:
        new = with_new_names(text, [renaming])
        if new != text:
            applied.append(renaming.words)
        text = new
    return text, tuple(applied)


def _same(base: str, renamings: Sequence[Renaming], current: str) -> bool:
    try:
        return format_rules(with_new_names(base, renamings)) == format_rules(current)
    except (RulesRefused, FormattingFailed):
        return False
