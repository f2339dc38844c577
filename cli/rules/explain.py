"""`muster rules explain` and `try`: show how a rules file treats one escalation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.options import at_option, directory_option, facts_option, file_argument, json_option
from cli.rules.inputs import ERRORS, echo_json, facts_given, moment_given, read_directory, read_ruleset
from rules_dsl import EscalationStep, NoRuleApplies, escalation_steps, on_shift
from rules_dsl.directory import Directory, Person
from rules_dsl.model.amounts import format_duration
from rules_dsl.model.clock_words import DAYS
from rules_dsl.model.decision import CallKind, Decision, Pool, Reason

_KINDS = {CallKind.CALL: "a call", CallKind.BOOKING_ONLY: "booking only", CallKind.REFUSED: "no call"}


@dataclass(frozen=True)
class DecidedEscalation:
    """An escalation and its decision."""

    decision: Decision
    directory: Directory
    now: datetime
    zone: str

    def person(self, number: int) -> Person:
        return next(person for person in self.directory.people if person.id == number)

    def title(self, person: Person) -> str:
        team = next(team.name for team in self.directory.teams if team.id == person.team)
        title = next(title.name for title in self.directory.titles if title.id == person.title)
        off_shift = "" if on_shift(person, self.now) else ", off shift then"
        return f"{person.name} ({title}, {team}{off_shift})"

    def excluded(self, pool: Pool) -> dict[str, list[str]]:
        """The names of excluded people, grouped by reason."""
        by_reason: dict[str, list[str]] = {}
        for exclusion in pool.excluded:
            by_reason.setdefault(exclusion.reason, []).append(self.person(exclusion.person).name)
        return by_reason

    def heading(self) -> str:
        local = self.now.astimezone(ZoneInfo(self.zone))
        return f"{DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M} in {self.zone}"

    @property
    def steps(self) -> tuple[EscalationStep, ...]:
        return escalation_steps(self.decision, self.directory)


def _decide(file: Path, directory: Path, facts: str, moment: str | None) -> DecidedEscalation:
    names = read_directory(directory)
    rules = read_ruleset(file, names)
    now = moment_given(moment, rules.time_zone)
    try:
        decision = rules.decide(facts_given(facts, names), now)
    except NoRuleApplies:
        click.echo("no rule matches this escalation", err=True)
        raise click.exceptions.Exit(ERRORS) from None
    return DecidedEscalation(decision, names, now, rules.time_zone)


@click.command()
@file_argument
@directory_option
@facts_option
@at_option
@json_option
def explain(file: Path, directory: Path, facts: str, moment: str | None, as_json: bool) -> None:
    """Explain which rule in FILE applies to an escalation and why, and who may be asked at each step.

    A fact that isn't given is unknown.
    """
    escalation = _decide(file, directory, facts, moment)
    if as_json:
        why = [_reason_json(reason) for reason in escalation.decision.why]
        echo_json(
            {
                **_outcome_json(escalation),
                "why": why,
                "steps": [_step_json(escalation, step) for step in escalation.steps],
            }
        )
        return
    click.echo(f"{escalation.heading()}: {_outcome(escalation.decision)}\n")
    true_lines = [reason for reason in escalation.decision.why if reason.held]
    click.echo(f"{_rule(escalation.decision.rule)} applies:")
    for reason in true_lines:
        click.echo(f"  line {reason.line}: {reason.text} ({reason.because})")
    if len(true_lines) < len(escalation.decision.why):
        click.echo("\nrules above it don't:")
    for reason in escalation.decision.why:
        if not reason.held:
            click.echo(f"  {_rule(reason.rule)}, line {reason.line}: {reason.text} ({reason.because})")
    for step in escalation.steps:
        click.echo(f"\n{_when(step.after)}, {step.text}: {len(step.pool.members)} may be asked")
        for member in step.pool.members:
            click.echo(f"  {escalation.title(escalation.person(member))}")
        for reason_to_exclude, people in escalation.excluded(step.pool).items():
            click.echo(f"  {reason_to_exclude}: {', '.join(people)}")


@click.command(name="try")
@file_argument
@directory_option
@facts_option
@at_option
@json_option
def try_(file: Path, directory: Path, facts: str, moment: str | None, as_json: bool) -> None:
    """Show who would be asked, and when: the steps of FILE for one escalation, as a timeline.

    A fact that isn't given is unknown.
    """
    escalation = _decide(file, directory, facts, moment)
    if as_json:
        echo_json({**_outcome_json(escalation), "steps": [_step_json(escalation, step) for step in escalation.steps]})
        return
    click.echo(f"{escalation.heading()}: {_rule(escalation.decision.rule)}, {_outcome(escalation.decision)}")
    for step in escalation.steps:
        click.echo(f"\n{step.after // 60:>4}:{step.after % 60:02}  {step.text}")
        for member in step.new:
            click.echo(f"         + {escalation.title(escalation.person(member))}")
        if not step.pool.members:
            click.echo("         nobody; the next step follows immediately")


def _outcome(decision: Decision) -> str:
    kind = _KINDS[decision.kind]
    return f'{kind}, "{decision.refusal}"' if decision.refusal else kind


def _rule(name: str) -> str:
    return name if name == "otherwise" else f'rule "{name}"'


def _when(at: int) -> str:
    return f"after {format_duration(at)}" if at else "immediately"


def _outcome_json(escalation: DecidedEscalation) -> dict[str, Any]:
    decision = escalation.decision
    outcome = {"rule": decision.rule, "kind": decision.kind.value, "refusal": decision.refusal, "note": decision.note}
    return {"at": escalation.now.isoformat(), **outcome}


def _reason_json(reason: Reason) -> dict[str, Any]:
    texts = {"text": reason.text, "because": reason.because}
    return {"rule": reason.rule, "held": reason.held, "line": reason.line, **texts}


def _step_json(escalation: DecidedEscalation, step: EscalationStep) -> dict[str, Any]:
    """``after`` is in seconds since the search began."""
    people = [escalation.person(member) for member in step.pool.members]
    return {
        "after": step.after,
        "step": step.text,
        "asked": [{"name": person.name, "on_shift": on_shift(person, escalation.now)} for person in people],
        "excluded": [{"name": escalation.person(one.person).name, "because": one.reason} for one in step.pool.excluded],
    }
