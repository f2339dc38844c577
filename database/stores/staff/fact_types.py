"""The vocabulary of facts that rules can ask about. A change that would break published rules is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_directory
from database.stores.journal.audit_log import write_audit
from database.stores.rules.rollout_rows import running_row
from database.stores.rules.versions import current_published, lock_rules, published_number
from database.tables.directory import desk
from domain.failure import Failure
from rules_dsl import MOST_FACTS, FactTypeProblem, broken_lines, fact_type_problem
from rules_dsl.directory import Directory, FactType


@dataclass(frozen=True)
class UsedLine:
    """A line of published rules that a change would break."""

    version: int
    line: int
    text: str
    """As written in the rules."""
    reason: str


@dataclass
class FactInUse(Failure):
    """A change to the vocabulary would break published rules."""

    name: str
    lines: tuple[UsedLine, ...]

    title = "The rules use it"

    @property
    def detail(self) -> str:
        lines = "; ".join(
            f"line {line.line} of version {line.version} (`{line.text}`): {line.reason}" for line in self.lines
        )
        return f"Nothing was changed, because of {lines}. Publish rules without it first."


@dataclass
class FactUnfit(Failure):
    """A declaration that couldn't be used in rule sentences."""

    unfit: FactTypeProblem

    title = "This can't be declared"

    @property
    def detail(self) -> str:
        return f"{self.unfit.field}: {self.unfit.reason}"


@dataclass
class FactUnknown(Failure):
    name: str

    title = "There is no such fact"

    @property
    def detail(self) -> str:
        return f"There is no fact `{self.name}`."


async def keep_fact(conn: AsyncConnection, fact: FactType, author: str, now: datetime, *, new: bool) -> None:
    """Declare a new fact, or change the one with this name. Raises ``FactUnfit``, ``FactInUse``, ``FactUnknown``."""
    desk_id = await lock_rules(conn)
    before = await read_directory(conn)
    existing = before.fact_named(fact.name)
    others = [other.name for other in before.facts if new or other.name != fact.name]
    if (wrong := fact_type_problem(fact.name, fact.kind, fact.values, fact.ordered, others)) is not None:
        raise FactUnfit(wrong)
    if new and len(others) >= MOST_FACTS:
        raise FactUnfit(FactTypeProblem("name", f"there are at most {MOST_FACTS} facts"))
    if not new and existing is None:
        raise FactUnknown(fact.name)
    if existing == fact:
        return
    facts = (*before.facts, fact) if new else tuple(fact if one.name == fact.name else one for one in before.facts)
    await _write(conn, desk_id, before, facts, fact.name)
    await write_audit(conn, author, "declared fact" if new else "changed fact", fact.name, now, asdict(fact))


async def remove_fact(conn: AsyncConnection, name: str, author: str, now: datetime) -> None:
    """Remove a fact; past escalations keep its values. Raises ``FactInUse``, ``FactUnknown``."""
    desk_id = await lock_rules(conn)
    before = await read_directory(conn)
    if before.fact_named(name) is None:
        raise FactUnknown(name)
    await _write(conn, desk_id, before, tuple(fact for fact in before.facts if fact.name != name), name)
    await write_audit(conn, author, "removed fact", name, now)


async def _write(
    conn: AsyncConnection, desk_id: int, before: Directory, facts: Sequence[FactType], changed: str
) -> None:
    after = replace(before, facts=tuple(facts))
    if lines := await _broken(conn, before, after):
        raise FactInUse(changed, lines)
    row = {"facts": [asdict(fact) for fact in facts], "directory_version": desk.c.directory_version + 1}
    await conn.execute(update(desk).where(desk.c.id == desk_id).values(row))


async def _broken(conn: AsyncConnection, before: Directory, after: Directory) -> tuple[UsedLine, ...]:
    """Lines of the current and the candidate rules that the change would break."""
    published = [await current_published(conn)]
    if (running := await running_row(conn)) is not None:
        published.append(await published_number(conn, running.candidate))
    broken: list[UsedLine] = []
    for version in published:
        if version is None:
            continue
        lines = version.text.splitlines()
        for problem in broken_lines(version.text, before, after):
            line = lines[problem.line - 1].strip() if 0 < problem.line <= len(lines) else ""
            broken.append(UsedLine(version.number, problem.line, line, problem.text))
    return tuple(broken)
