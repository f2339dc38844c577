"""A generated history for backtests: any number of escalations, 40 people, the same for the same number."""

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
    """The example directory of forty agents, with the thirteen facts of the rules benchmark."""
    return replace(Directory.from_json(json.loads(_DESK.read_text())), facts=FACTS)


def snapshots() -> dict[str, Directory]:
    """Weekly directory snapshots by hash; each week, somebody changes teams."""
    current, rng, by_hash = directory(), random.Random(SNAPSHOTS), {}
    for number in range(SNAPSHOTS):
        index = rng.randrange(len(current.people))
        moved = replace(current.people[index], team=rng.choice(current.teams).id)
        current = replace(current, people=(*current.people[:index], moved, *current.people[index + 1 :]))
        by_hash[f"{number:064x}"] = current
    return by_hash


def text(rules: int, *, draft: bool) -> str:
    """A rules file. In the draft, every tenth rule names another team. Every fourth rule has hours."""
    known, rng = directory(), random.Random(rules)
    parts = [
        f'rules for "{known.desk}"\n  time zone {known.time_zone}\n  currency {known.currency}',
        'hours "day" are Mon to Fri 07:00 to 20:00 and Sat 09:00 to 15:00, except holidays "Germany"',
        "by default\n  prefer the customer's language\n  order by fewest calls today, then longest idle\n"
        '  if nobody in 3 minutes, drop preferred skills\n  if nobody in 8 minutes, widen to team "Frontline"',
    ]
    for number, lines in enumerate(conditions(rules)):
        team = rng.choice(known.teams)
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
    """Past escalations, newest first: a third are calls now, three in four of the others were booked."""
    rng, hashes = random.Random(count), list(snapshots())
    step = (UNTIL - SINCE) / count
    for index, facts in enumerate(escalations(count)):
        opened = UNTIL - (index + 1) * step
        now = rng.random() < 1 / 3
        booked = opened + timedelta(hours=rng.randint(3, 90)) if rng.random() < 3 / 4 else None
        week = min(SNAPSHOTS - 1, int((opened - SINCE) / timedelta(weeks=1)))
        name = str(uuid.UUID(int=rng.getrandbits(128)))
        yield HistoryEntry(name, opened, facts, hashes[week], opened if now else booked, now)
