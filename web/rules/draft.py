"""A draft of the rules, and its review: diagnostics, meaning, and the result for a sample escalation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from database.bounded_threads import RULES_TEXTS
from database.clock import current_time
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
"""The form field of the button that fills in an example."""


@dataclass(frozen=True)
class Draft:
    text: str
    reason: str
    base: int | None
    """The number of the version that the draft's author started from."""
    fields: Mapping[str, object]
    """All fields of the form."""


@dataclass(frozen=True)
class ReviewContext:
    """What a review needs, all read at the same moment."""

    current: PublishedRules | None
    directory: Directory
    states: Mapping[int, AgentState]
    now: datetime


@dataclass(frozen=True)
class SampleResult:
    """What a draft does with a sample escalation."""

    declared: tuple[FactType, ...]
    zone: str
    sample: Sample
    read: SampleReading
    fits: bool
    """Whether the draft compiles against the directory."""
    outcome: SampleOutcome | None
    fact_words: tuple[tuple[str, str], ...]
    """All facts with their values in words."""
    examples: tuple[str, ...]
    """Names of the file's examples, any of which can be used to fill in the sample."""


@dataclass(frozen=True)
class DraftReview:
    checked: CheckResult
    meaning: Meaning | None
    """None if there are errors or there is nothing to compare with."""
    result: SampleResult


async def sent_draft(request: Request) -> Draft:
    """Read the editor's form."""
    fields = {name: value for name, value in (await request.form()).multi_items() if isinstance(value, str)}
    based_on = fields.get("based_on", "")
    number = int(based_on) if based_on.isascii() and based_on.isdigit() and len(based_on) < 10 else None
    return Draft(plain(fields.get("text", "")), fields.get("reason", ""), number, fields)


Sent = Annotated[Draft, Depends(sent_draft)]


async def read_review_context(engine: AsyncEngine) -> ReviewContext:
    now = current_time()
    async with engine.connect() as conn:
        current, directory = await current_published(conn), await read_directory(conn)
        colleagues = await read_colleagues(conn, directory, now)
    states = {person: colleague.state for person, colleague in colleagues.items()}
    return ReviewContext(current, directory, states, now)


async def review_draft(draft: Draft, context: ReviewContext) -> DraftReview:
    """Check the draft, compare it with the current version, and try it on the sample in its fields."""
    checked = await check(draft.text, context.directory)
    changes = None
    if context.current is not None and not checked.errors:
        changes = await meaning(context.current.text, draft.text, context.directory)
    return DraftReview(checked, changes, await try_sample(draft.text, draft.fields, context))


async def try_sample(text: str, fields: Mapping[str, object], context: ReviewContext) -> SampleResult:
    """Try a draft on the sample in these fields, or on the file's ``example`` if the ``fill`` button was pressed."""
    return await RULES_TEXTS.run(_try, text, fields, context)


def _try(text: str, fields: Mapping[str, object], context: ReviewContext) -> SampleResult:
    directory = context.directory
    ruleset = draft_rules(text, directory) if len(text) <= LONGEST else None
    examples = examples_of(text, ruleset, directory) if ruleset is not None else ()
    chosen = next((one for one in examples if FILL in fields and one.name == fields.get("example")), None)
    sample = sample_like(chosen.facts, chosen.moment, directory) if chosen else sample_of(fields, directory.facts)
    read = read_sample(sample, directory, context.now)
    outcome = None if ruleset is None else outcome_of(ruleset, read.facts, read.moment, directory, context.states)
    words = ((fact.name, typed_value(fact, read.facts.get(fact.name), directory.currency)) for fact in directory.facts)
    return SampleResult(
        declared=directory.facts,
        zone=directory.time_zone,
        sample=sample,
        read=read,
        fits=ruleset is not None,
        outcome=outcome,
        fact_words=tuple((name, value or "unknown") for name, value in words),
        examples=tuple(example.name for example in examples),
    )
