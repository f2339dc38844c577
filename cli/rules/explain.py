"""`muster rules explain` and `try`: one escalation, as these rules would treat it."""

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
from rules_dsl.model.amounts import say_duration
from rules_dsl.model.clock_words import DAYS
from rules_dsl.model.decision import CallKind, Decision, Pool, Reason

_KINDS = {CallKind.CALL: "a call", CallKind.BOOKING_ONLY: "booking only", CallKind.REFUSED: "no call"}


@dataclass(frozen=True)
class DecidedEscalation:
    """One escalation, decided."""

    decision: Decision
    directory: Directory
    now: datetime
    zone: str

    def person(self, number: int) -> Person:
        return next(person for person in self.directory.people if person.id == number)

    def title(self, person: Person) -> str:
        team = next(team.name for team in self.directory.teams if team.id == person.team)
        title = next(title.name for title in self.directory.titles if title.id == person.title)
        away = "" if on_shift(person, self.now) else ", off shift then"
        return f"{person.name} ({title}, {team}{away})"

    def excluded(self, found: Pool) -> dict[str, list[str]]:
        """The names of those who may not be asked, by the clause that keeps them out."""
        by_clause: dict[str, list[str]] = {}
        for one in found.excluded:
            by_clause.setdefault(one.clause, []).append(self.person(one.person).name)
        return by_clause

    def heading(self) -> str:
        local = self.now.astimezone(ZoneInfo(self.zone))
        return f"{DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M} in {self.zone}"

    @property
    def steps(self) -> tuple[EscalationStep, ...]:
        return escalation_steps(self.decision, self.directory)


def _decided(file: Path, directory: Path, facts: str, moment: str | None) -> DecidedEscalation:
    known = read_directory(directory)
    rules = read_ruleset(file, known)
    now = moment_given(moment, rules.time_zone)
    try:
        decision = rules.decide(facts_given(facts, known), now)
    except NoRuleApplies:
        click.echo("no rule takes this escalation", err=True)
        raise click.exceptions.Exit(ERRORS) from None
    return DecidedEscalation(decision, known, now, rules.time_zone)


@click.command()
@file_argument
@directory_option
@facts_option
@at_option
@json_option
def explain(file: Path, directory: Path, facts: str, moment: str | None, as_json: bool) -> None:
    """Tell which rule of FILE takes an escalation and why, and who may be asked, step by step.

    A fact that isn't given is unknown.
    """
    told = _decided(file, directory, facts, moment)
    if as_json:
        why = [_reason_json(reason) for reason in told.decision.why]
        echo_json({**_outcome_json(told), "why": why, "steps": [_step_json(told, step) for step in told.steps]})
        return
    click.echo(f"{told.heading()}: {_outcome(told.decision)}\n")
    held = [reason for reason in told.decision.why if reason.held]
    click.echo(f"{_rule(told.decision.rule)} applies:")
    for reason in held:
        click.echo(f"  line {reason.line}: {reason.text} ({reason.because})")
    if len(held) < len(told.decision.why):
        click.echo("\nrules above it do not:")
    for reason in told.decision.why:
        if not reason.held:
            click.echo(f"  {_rule(reason.rule)}, line {reason.line}: {reason.text} ({reason.because})")
    for step in told.steps:
        click.echo(f"\n{_when(step.after)}, {step.text}: {len(step.pool.members)} may be asked")
        for member in step.pool.members:
            click.echo(f"  {told.title(told.person(member))}")
        for clause, people in told.excluded(step.pool).items():
            click.echo(f"  {clause}: {', '.join(people)}")


@click.command(name="try")
@file_argument
@directory_option
@facts_option
@at_option
@json_option
def try_(file: Path, directory: Path, facts: str, moment: str | None, as_json: bool) -> None:
    """Tell who would be asked when: the steps of FILE for one escalation, as a timeline.

    A fact that isn't given is unknown.
    """
    told = _decided(file, directory, facts, moment)
    if as_json:
        echo_json({**_outcome_json(told), "steps": [_step_json(told, step) for step in told.steps]})
        return
    click.echo(f"{told.heading()}: {_rule(told.decision.rule)}, {_outcome(told.decision)}")
    for step in told.steps:
        click.echo(f"\n{step.after // 60:>4}:{step.after % 60:02}  {step.text}")
        for member in step.new:
            click.echo(f"         + {told.title(told.person(member))}")
        if not step.pool.members:
            click.echo("         nobody; the next step comes at once")


def _outcome(decision: Decision) -> str:
    said = _KINDS[decision.kind]
    return f'{said}, "{decision.refusal}"' if decision.refusal else said


def _rule(name: str) -> str:
    return name if name == "otherwise" else f'rule "{name}"'


def _when(at: int) -> str:
    return f"after {say_duration(at)}" if at else "at once"


def _outcome_json(told: DecidedEscalation) -> dict[str, Any]:
    decision = told.decision
    outcome = {"rule": decision.rule, "kind": decision.kind.value, "refusal": decision.refusal, "note": decision.note}
    return {"at": told.now.isoformat(), **outcome}


def _reason_json(reason: Reason) -> dict[str, Any]:
    said = {"text": reason.text, "because": reason.because}
    return {"rule": reason.rule, "held": reason.held, "line": reason.line, **said}


def _step_json(told: DecidedEscalation, step: EscalationStep) -> dict[str, Any]:
    """Seconds since the search began."""
    people = [told.person(member) for member in step.pool.members]
    return {
        "after": step.after,
        "step": step.text,
        "asked": [{"name": person.name, "on_shift": on_shift(person, told.now)} for person in people],
        "excluded": [{"name": told.person(one.person).name, "because": one.clause} for one in step.pool.excluded],
    }
