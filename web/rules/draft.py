"""A draft of the rules as it was sent, and everything that can be said about it without publishing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.directory.agent_states import read_colleagues
from database.stores.directory.read import read_directory
from database.stores.rules.versions import PublishedRules, current_published
from rules_dsl import Directory, draft_rules, examples_of
from rules_dsl.directory import FactType
from rules_dsl.model.decision import AgentState
from web.rules.checked import LONGEST, CheckResult, check, plain
from web.rules.meaning import Meaning, meaning
from web.rules.outcome import SampleOutcome, outcome_of
from web.rules.sample import Sample, SampleReading, read_sample, sample_like, sample_of, typed_value

FILL = "fill"
"""The field that a button to fill in an example sends."""


@dataclass(frozen=True)
class Draft:
    text: str
    reason: str
    base: int | None
    """The version that its author began with."""
    fields: Mapping[str, object]
    """All that was sent."""


@dataclass(frozen=True)
class Ground:
    """What a draft is judged by, all of one moment."""

    standing: PublishedRules | None
    directory: Directory
    states: Mapping[int, AgentState]
    now: datetime


@dataclass(frozen=True)
class SampleResult:
    """A draft, tried on a sample escalation."""

    declared: tuple[FactType, ...]
    zone: str
    sample: Sample
    read: SampleReading
    fits: bool
    """Whether the draft could be read and fits the directory."""
    outcome: SampleOutcome | None
    known: tuple[tuple[str, str], ...]
    """Every fact with what is known of it, in words."""
    examples: tuple[str, ...]
    """Names of the file's own examples, from which the sample can be filled in."""


@dataclass(frozen=True)
class DraftReview:
    checked: CheckResult
    meaning: Meaning | None
    """None where there is nothing to compare with, or an error in the way."""
    tried: SampleResult


async def sent_draft(request: Request) -> Draft:
    """From the editor's form. Fields that are no text count as not sent."""
    sent = {name: value for name, value in (await request.form()).multi_items() if isinstance(value, str)}
    based_on = sent.get("based_on", "")
    number = int(based_on) if based_on.isascii() and based_on.isdigit() and len(based_on) < 10 else None
    return Draft(plain(sent.get("text", "")), sent.get("reason", ""), number, sent)


Sent = Annotated[Draft, Depends(sent_draft)]


async def read_ground(engine: AsyncEngine) -> Ground:
    now = datetime.now(UTC)
    async with engine.connect() as conn:
        standing, directory = await current_published(conn), await read_directory(conn)
        colleagues = await read_colleagues(conn, directory, now)
    states = {person: colleague.state for person, colleague in colleagues.items()}
    return Ground(standing, directory, states, now)


async def judge(draft: Draft, ground: Ground) -> DraftReview:
    """Checked, compared with the version that stands, and tried on the sample that was sent along."""
    checked = await check(draft.text, ground.directory)
    compared = ground.standing is not None and not checked.errors
    means = await meaning(ground.standing.text, draft.text, ground.directory) if compared and ground.standing else None
    return DraftReview(checked, means, await try_draft(draft.text, draft.fields, ground))


async def try_draft(text: str, fields: Mapping[str, object], ground: Ground) -> SampleResult:
    """``fill`` among the fields asks for the facts of the file's ``example``, in place of those that were sent."""
    return await asyncio.to_thread(_tried, text, fields, ground)


def _tried(text: str, fields: Mapping[str, object], ground: Ground) -> SampleResult:
    directory = ground.directory
    ruleset = draft_rules(text, directory) if len(text) <= LONGEST else None
    examples = examples_of(text, ruleset, directory) if ruleset is not None else ()
    chosen = next((one for one in examples if FILL in fields and one.name == fields.get("example")), None)
    sample = sample_like(chosen.facts, chosen.moment, directory) if chosen else sample_of(fields, directory.facts)
    read = read_sample(sample, directory, ground.now)
    outcome = None if ruleset is None else outcome_of(ruleset, read.facts, read.moment, directory, ground.states)
    known = ((fact.name, typed_value(fact, read.facts.get(fact.name), directory.currency)) for fact in directory.facts)
    return SampleResult(
        declared=directory.facts,
        zone=directory.time_zone,
        sample=sample,
        read=read,
        fits=ruleset is not None,
        outcome=outcome,
        known=tuple((name, words or "unknown") for name, words in known),
        examples=tuple(one.name for one in examples),
    )
