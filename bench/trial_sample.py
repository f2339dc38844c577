"""A past to try drafts on: any number of escalations of a desk of forty, always the same for the same number."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.rules_sample import FACTS, conditions, escalations
from domain.backtest.history import HistoryEntry
from rules_dsl import Ruleset, draft_rules
from rules_dsl.directory import Directory

WEEKS = 12
UNTIL = datetime(2026, 3, 30, tzinfo=UTC)
SINCE = UNTIL - timedelta(weeks=WEEKS)
SNAPSHOTS = 12
_DESK = Path(__file__).parent.parent / "examples/forty_agents.directory.json"


def directory() -> Directory:
    """The example of forty agents, asked by the thirteen facts of the other benchmarks."""
    return replace(Directory.from_json(json.loads(_DESK.read_text())), facts=FACTS)


def snapshots() -> dict[str, Directory]:
    """Somebody changes team each week."""
    known, chance, found = directory(), random.Random(SNAPSHOTS), {}
    for number in range(SNAPSHOTS):
        place = chance.randrange(len(known.people))
        moved = replace(known.people[place], team=chance.choice(known.teams).id)
        known = replace(known, people=(*known.people[:place], moved, *known.people[place + 1 :]))
        found[f"{number:064x}"] = known
    return found


def text(rules: int, *, draft: bool) -> str:
    """In the draft every tenth rule asks another team. One rule in four asks for the time of day."""
    known, chance = directory(), random.Random(rules)
    parts = [
        f'rules for "{known.desk}"\n  time zone {known.time_zone}\n  currency {known.currency}',
        'hours "day" are Mon to Fri 07:00 to 20:00 and Sat 09:00 to 15:00, except holidays "Germany"',
        "by default\n  prefer the customer's language\n  order by fewest calls today, then longest idle\n"
        '  if nobody in 3 minutes, drop preferred skills\n  if nobody in 8 minutes, widen to team "Frontline"',
    ]
    for number, lines in enumerate(conditions(rules)):
        team = chance.choice(known.teams)
        if draft and number % 10 == 0:
            team = known.teams[(known.teams.index(team) + 1) % len(known.teams)]
        said = "\n  and ".join(line.line() for line in lines[: 3 + number % 3])
        hours = '\n  and during hours "day"' if number % 4 == 0 else ""
        parts.append(f'rule "r{number}"\n  when {said}{hours}\n  send to team "{team.name}"')
    return "\n\n".join([*parts, 'otherwise\n  send to team "Frontline"']) + "\n"


def compiled(rules: int, *, draft: bool) -> Ruleset:
    found = draft_rules(text(rules, draft=draft), directory())
    assert found is not None
    return found


def history(count: int) -> Iterator[HistoryEntry]:
    """The newest first; a third are calls now, and of the others three in four were booked."""
    chance, hashes = random.Random(count), list(snapshots())
    step = (UNTIL - SINCE) / count
    for place, facts in enumerate(escalations(count)):
        opened = UNTIL - (place + 1) * step
        now = chance.random() < 1 / 3
        booked = opened + timedelta(hours=chance.randint(3, 90)) if chance.random() < 3 / 4 else None
        week = min(SNAPSHOTS - 1, int((opened - SINCE) / timedelta(weeks=1)))
        name = str(uuid.UUID(int=chance.getrandbits(128)))
        yield HistoryEntry(name, opened, facts, hashes[week], opened if now else booked, now)
