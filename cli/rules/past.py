"""`muster rules past`: backtests a draft on recent escalations from the database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from cli.database_session import run_on_database
from cli.environment import process_settings
from cli.options import file_argument, json_option
from cli.rules.inputs import ERRORS, echo_json, read_text
from database.clock import current_time
from database.engine import open_engine
from database.stores.backtest.read import BacktestResult, run_backtest
from database.stores.directory.read import read_directory
from database.stores.rules.versions import current_published
from domain.backtest.history import Candidates, ChangeKind, Load, PastMove, Totals, Treatment
from rules_dsl import Diagnostic, Directory, Ruleset, check_rules, draft_rules, render
from rules_dsl.model.decision import CallKind

_CHANGES = {
    ChangeKind.NONE: "unchanged",
    ChangeKind.MANNER: "the same people, in another order or for another length",
    ChangeKind.LATER: "the same people first, others later",
    ChangeKind.ELSEWHERE: "elsewhere",
}


@click.command()
@file_argument
@click.option("--weeks", type=click.IntRange(1, 104), default=4, show_default=True, help="How far to look back.")
@json_option
def past(file: Path, weeks: int, as_json: bool) -> None:
    """Show what FILE would have done with the escalations of recent weeks, compared with the published rules.

    People, teams and shifts are as they were when each escalation was opened. Changes nothing.
    """
    text = read_text(file)
    backtest = run_on_database(_backtest(process_settings().require_database_url(), text, file.name, weeks))
    if as_json:
        echo_json(_json(backtest, weeks))
        return
    for line in _lines(backtest, weeks):
        click.echo(line)


async def _backtest(url: str, text: str, name: str, weeks: int) -> BacktestResult:
    engine = open_engine(url, connections=1)
    try:
        async with engine.connect() as conn:
            published, directory = await current_published(conn), await read_directory(conn)
            if published is None:
                raise click.ClickException("no rules have been published yet: there are no escalations to try these on")
            draft = _compiled(text, name, directory)
            before = await asyncio.to_thread(draft_rules, published.text, directory)
            if before is None:
                raise click.ClickException(
                    "the published rules no longer fit the directory, so there is nothing to compare with"
                )
            return await run_backtest(conn, before, draft, directory, weeks, current_time())
    finally:
        await engine.dispose()


def _compiled(text: str, name: str, directory: Directory) -> Ruleset:
    """Compile the draft. If it has errors, prints every diagnostic and exits."""
    ruleset = draft_rules(text, directory)
    if ruleset is None:
        diagnostics: Sequence[Diagnostic] = check_rules(text, directory)
        for diagnostic in diagnostics:
            click.echo(render(diagnostic, text, name), err=True)
        raise click.exceptions.Exit(ERRORS)
    return ruleset


def _lines(backtest: BacktestResult, weeks: int) -> Iterator[str]:
    comparison = backtest.comparison
    yield f"{comparison.escalations} escalations in the last {weeks} weeks"
    for change in sorted(_CHANGES, reverse=True):
        yield f"{comparison.changes.get(change, 0):>8}  {_CHANGES[change]}"
    for move in comparison.moves:
        yield f"\n{move.count:>8}  {_treated(move.before)} -> {_treated(move.after)}"
        for example in move.examples:
            ticket, who = backtest.tickets[example.entry.id], backtest.asked.get(example.entry.id)
            people = f" ({who.before or 'nobody'} -> {who.after or 'nobody'})" if who else ""
            yield f"          {ticket.ticket}: {ticket.subject}{people}"
    yield "\ncalls a week by title, now and by the draft"
    for name, now, then in _loads(backtest):
        yield f"{now[0]:>8.1f}{then[0]:>8.1f}  {name}"
    yield "without a call, now and by the draft"
    for label, count in (("refused", "refused"), ("nobody on shift", "nobody"), ("no rule", "unmatched")):
        yield f"{getattr(comparison.before, count):>8}{getattr(comparison.after, count):>8}  {label}"


def _treated(treatment: Treatment) -> str:
    if treatment.kind is None:
        return "no rule"
    whom = f'no call, "{treatment.whom}"' if treatment.kind is CallKind.REFUSED else treatment.whom
    only = "booking only, " if treatment.kind is CallKind.BOOKING_ONLY else ""
    return f"{only}{whom} [{treatment.rule}]"


def _loads(backtest: BacktestResult) -> list[tuple[str, tuple[float, float], tuple[float, float]]]:
    """Each title's calls and hours per week, under the published rules and under the draft."""
    old, new = (
        {load.id: load for load in side.titles} for side in (backtest.comparison.before, backtest.comparison.after)
    )
    return [
        (
            backtest.titles.get(key, str(key)),
            _a_week(old.get(key), backtest.weeks),
            _a_week(new.get(key), backtest.weeks),
        )
        for key in sorted(old.keys() | new.keys())
    ]


def _a_week(load: Load | None, weeks: float) -> tuple[float, float]:
    return (0.0, 0.0) if load is None else (float(load.calls) / weeks, float(load.seconds) / weeks / 3600)


def _json(backtest: BacktestResult, weeks: int) -> dict[str, Any]:
    comparison = backtest.comparison
    return {
        "weeks": weeks,
        "since": backtest.since.isoformat(),
        "until": backtest.until.isoformat(),
        "escalations": comparison.escalations,
        "opened_under_other_rules": backtest.under_others,
        "tried_with_todays_directory": backtest.unrecorded,
        "changes": {change.name.lower(): comparison.changes.get(change, 0) for change in ChangeKind},
        "moves": [_move_json(move, backtest) for move in comparison.moves],
        "titles": [
            {
                "title": name,
                "calls_a_week": {"before": round(now[0], 3), "after": round(then[0], 3)},
                "hours_a_week": {"before": round(now[1], 3), "after": round(then[1], 3)},
            }
            for name, now, then in _loads(backtest)
        ],
        "before": _totals_json(comparison.before),
        "after": _totals_json(comparison.after),
    }


def _totals_json(totals: Totals) -> dict[str, Any]:
    return {
        "called": totals.called,
        "nobody": totals.nobody,
        "refused": totals.refused,
        "unmatched": totals.unmatched,
        "rules": [{"rule": rule.treatment.rule, "count": rule.count} for rule in totals.rules],
    }


def _move_json(move: PastMove, backtest: BacktestResult) -> dict[str, Any]:
    return {
        "change": move.change.name.lower(),
        "count": move.count,
        "before": _treatment_json(move.before),
        "after": _treatment_json(move.after),
        "examples": [
            {
                "escalation": example.entry.id,
                "ticket": backtest.tickets[example.entry.id].ticket,
                "opened_at": example.entry.opened_at.isoformat(),
                "before": _candidates_json(example.before, who.before if who else None),
                "after": _candidates_json(example.after, who.after if who else None),
            }
            for example in move.examples
            for who in (backtest.asked.get(example.entry.id),)
        ],
    }


def _treatment_json(treatment: Treatment) -> dict[str, Any]:
    return {"rule": treatment.rule, "kind": treatment.kind and treatment.kind.value, "whom": treatment.whom}


def _candidates_json(side: Candidates, first: str | None) -> dict[str, Any]:
    """``first`` is None if it wasn't computed, and empty if nobody was on shift."""
    pools = [{"after": after, "people": list(people)} for after, people in side.pools]
    return {"first": first, "among": list(side.people), "pools": pools}
