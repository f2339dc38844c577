"""What depends on a team, title or skill: lines of the rules, people, and open escalations."""

from __future__ import annotations

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.bounded_threads import RULES_TEXTS
from database.stores.directory.read import read_directory
from database.stores.directory.renamings import renamings_since, with_new_names
from database.stores.rules.rollout_rows import running_row
from database.stores.rules.versions import PublishedRules, current_published, published_number, published_versions
from database.tables.directory import person, person_skill, skill, team, title
from domain.directory_names import RuleUse, Uses
from domain.escalation import OPEN_STATES
from rules_dsl import Directory, NameKind, draft_rules, is_area_skill, may_name, name_uses, uses_area_skills

TABLES: dict[NameKind, Table] = {"team": team, "title": title, "skill": skill}
EARLIER = 20
"""How many earlier versions are searched as well, because restoring one would need the name."""
_AREA_SKILL = "skill of this product area"
_PATHS: dict[NameKind, str] = {
    "team": "$.decision.**.team ? (@ == $number)",
    "title": "$.decision.**.titles[*] ? (@ == $number)",
    "skill": "$.decision.**.skill ? (@ == $number)",
}
_PLANNED = text("""
SELECT count(*) FROM escalation WHERE state = ANY(:open)
AND jsonb_path_exists(plan, CAST(:path AS jsonpath), jsonb_build_object('number', CAST(:number AS integer)))
""")


async def uses_of(conn: AsyncConnection, kind: NameKind, number: int, name: str) -> Uses:
    """Find everything that depends on a name; ``number`` is its id."""
    current, running = await current_published(conn), await running_row(conn)
    candidate = None if running is None else await published_number(conn, running.candidate)
    directory = await read_directory(conn)
    rules: list[RuleUse] = []
    for version, is_current in ((current, True), (candidate, False)):
        if version is not None:
            rules += await RULES_TEXTS.run(_lines, version, kind, name, directory, is_current)
    in_force = {version.number for version in (current, candidate) if version}
    led = select(team.c.name).where(team.c.lead_title == number, team.c.retired_at.is_(None)).order_by(team.c.name)
    leads = (await conn.execute(led)).scalars().all() if kind == "title" else ()
    planned = {"open": [state.value for state in OPEN_STATES], "path": _PATHS[kind], "number": number}
    return Uses(
        tuple(rules),
        await _earlier(conn, kind, name, in_force),
        await _people(conn, kind, number),
        tuple(leads),
        (await conn.execute(_PLANNED, planned)).scalar_one(),
        kind,
    )


async def _people(conn: AsyncConnection, kind: NameKind, number: int) -> int:
    query = select(func.count()).select_from(person).where(person.c.active)
    if kind == "skill":
        query = query.join(person_skill, person_skill.c.person == person.c.id).where(person_skill.c.skill == number)
    else:
        query = query.where(person.c[kind] == number)
    counted: int = (await conn.execute(query)).scalar_one()
    return counted


async def _earlier(conn: AsyncConnection, kind: NameKind, name: str, in_force: set[int]) -> tuple[int, ...]:
    """The numbers of the earlier versions that contain this name once they are translated to today's names."""
    numbers = []
    for version in await published_versions(conn, limit=EARLIER):
        if version.number not in in_force:
            since = await renamings_since(conn, version.number)
            text_now = await RULES_TEXTS.run(with_new_names, version.text, since)
            if may_name(text_now, kind, name):
                numbers.append(version.number)
    return tuple(numbers)


def _lines(version: PublishedRules, kind: NameKind, name: str, directory: Directory, is_current: bool) -> list[RuleUse]:
    """Lines that contain the name; for a skill, also the lines that find it through the product area."""
    lines = {place.line: place.text for place in name_uses(version.text, kind, name)}
    if kind == "skill" and is_area_skill(directory, name):
        ruleset = draft_rules(version.text, directory)
        if ruleset is not None and uses_area_skills(ruleset):
            for number, line in enumerate(version.text.splitlines(), 1):
                if _AREA_SKILL in line.partition("#")[0].lower():
                    lines[number] = line.strip()
    return [RuleUse(version.number, is_current, number, line) for number, line in sorted(lines.items())]
