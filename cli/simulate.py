"""`muster simulate`: simulates days and compares ways of working. Needs no database if it is given files."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from cli.database_session import run_on_database
from cli.environment import process_settings
from cli.options import FILE, json_option, optional_directory_option
from cli.rules.inputs import echo_json, read_directory, read_ruleset
from database.clock import current_time
from database.engine import open_engine
from database.stores.backtest.arrivals import NothingPublished, PastDesk, read_past_desk
from domain.simulation.comparing import Way, difference, play_ways, staffed
from domain.simulation.demand import made_up_facts
from domain.simulation.report import MEASURES, ReportLine, lines, occupancy_lines, sentences
from domain.simulation.scenario import Binding, Habits, Scenario

SHARE = click.FloatRange(0, 1)
ESCALATIONS_AT_MOST = 50_000
"""Maximum number of past escalations to read."""
TICKETS = 400
"""Number of tickets to generate and draw escalations from if there is no history."""


@click.command()
@click.option(
    "--rules", "rules_file", type=FILE, help="Rules file; requires --directory. Default: the published rules."
)
@optional_directory_option
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="First simulated day. Default: next Monday.")
@click.option("--days", type=click.IntRange(1, 31), default=1, show_default=True)
@click.option("--escalations", type=click.FloatRange(1, 5000), default=30.0, show_default=True, help="Per day.")
@click.option("--past", "weeks", type=click.IntRange(1, 52), help="Replay this many past weeks of real escalations.")
@click.option(
    "--now-share", type=SHARE, default=0.2, show_default=True, help="Share of escalations that ask for a call now."
)
@click.option(
    "--sick", type=SHARE, default=Habits.sick, show_default=True, help="Share of shifts missed because of sickness."
)
@click.option("--overrun", type=SHARE, default=Habits.overrun, show_default=True, help="Share of calls that overrun.")
@click.option(
    "--no-show", type=SHARE, default=Habits.no_show, show_default=True, help="Share of customers who don't join."
)
@click.option(
    "--talk",
    type=click.FloatRange(0.05, 4),
    default=Habits.talk,
    show_default=True,
    help="Average call length as a share of the slot.",
)
@click.option("--staff", multiple=True, help='Compare with more or fewer people of a title, such as "Advisor=-1".')
@click.option("--replications", type=click.IntRange(2, 1000), default=20, show_default=True)
@json_option
def simulate(
    rules_file: Path | None,
    directory: Path | None,
    staff: tuple[str, ...],
    replications: int,
    as_json: bool,
    weeks: int | None,
    **options: Any,
) -> None:
    """Simulate days: people found at call time, compared with people fixed at booking or with other staffing."""
    if (rules_file is None) != (directory is None):
        raise click.UsageError("--rules and --directory must be given together")
    if weeks is not None and rules_file is not None:
        raise click.UsageError("--past replays the database's escalations: omit --rules and --directory")
    scenario = (
        _from_files(rules_file, directory, options)
        if rules_file is not None and directory is not None
        else _from_database(options, weeks)
    )
    ways = _ways(scenario, staff)
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        results = play_ways(ways, replications, pool.map)
    if as_json:
        echo_json(_json(results))
    else:
        _print(results, scenario, replications)


def _ways(scenario: Scenario, staff: tuple[str, ...]) -> dict[str, Scenario]:
    ways = {binding.value: replace(scenario, binding=binding) for binding in Binding}
    for change in staff:
        title, _, number = change.rpartition("=")
        try:
            ways[f"with {title} {int(number):+d}"] = replace(
                scenario, directory=staffed(scenario.directory, title, int(number))
            )
        except ValueError as wrong:
            raise click.BadParameter(f"{change}: {wrong}", param_hint="--staff") from None
    return ways


def _from_files(rules_file: Path, directory_file: Path, options: dict[str, Any]) -> Scenario:
    directory = read_directory(directory_file)
    facts = made_up_facts(directory, TICKETS, seed=1)
    ruleset = read_ruleset(rules_file, directory)
    return Scenario(directory, ruleset, _day(options), facts=facts, **_drawn(options))


def _from_database(options: dict[str, Any], weeks: int | None) -> Scenario:
    settings = process_settings()
    past = run_on_database(_read(settings.require_database_url(), weeks or 12))
    facts = past.facts or made_up_facts(past.directory, TICKETS, seed=1)
    if weeks is None:
        return Scenario(past.directory, past.ruleset, _day(options), facts=facts, **_drawn(options))
    if not past.arrivals:
        raise click.ClickException(f"no escalation was opened in the last {weeks} weeks: omit --past")
    scenario = Scenario(past.directory, past.ruleset, _day(options), facts=facts, **_drawn(options))
    return scenario.replaying(past.arrivals)


async def _read(database_url: str, weeks: int) -> PastDesk:
    engine = open_engine(database_url, connections=1)
    try:
        async with engine.connect() as conn:
            return await read_past_desk(conn, current_time() - timedelta(weeks=weeks), ESCALATIONS_AT_MOST)
    except NothingPublished as failure:
        raise click.ClickException(failure.title) from None
    finally:
        await engine.dispose()


def _day(options: dict[str, Any]) -> date:
    if options["day"] is not None:
        chosen: date = options["day"].date()
        return chosen
    today = current_time().date()
    return today + timedelta(days=7 - today.weekday())


def _drawn(options: dict[str, Any]) -> dict[str, Any]:
    habits = Habits(sick=options["sick"], overrun=options["overrun"], no_show=options["no_show"], talk=options["talk"])
    shared = {name: options[name] for name in ("days", "escalations", "now_share")}
    return shared | {"habits": habits}


def _print(ways: tuple[Way, ...], scenario: Scenario, replications: int) -> None:
    days = "1 day" if scenario.days == 1 else f"{scenario.days} days"
    click.echo(f"{days} from {scenario.first}, {replications} replications, 95 % intervals\n")
    for sentence in sentences(ways):
        click.echo(sentence)
    click.echo()
    _table("", ways, lines(ways))
    _table("Time in calls, by title", ways, occupancy_lines(ways))


def _table(heading: str, ways: tuple[Way, ...], rows: tuple[ReportLine, ...]) -> None:
    width = max([len(line.words) for line in rows] + [len(heading)])
    widths = [max(len(way.name), *(len(line.cells[at]) for line in rows)) for at, way in enumerate(ways)]
    click.echo(
        "  ".join([heading.ljust(width), *(way.name.rjust(wide) for way, wide in zip(ways, widths, strict=True))])
    )
    for line in rows:
        cells = (cell.rjust(wide) for cell, wide in zip(line.cells, widths, strict=True))
        click.echo("  ".join([line.words.ljust(width), *cells]))
    click.echo()


def _json(ways: tuple[Way, ...]) -> dict[str, Any]:
    return {
        "ways": [
            {
                "name": way.name,
                "figures": {measure.figure: vars(way.interval(measure.figure)) for measure in MEASURES},
                "occupancy": {title: vars(value) for title, value in way.occupancy().items()},
                "less_the_first": {
                    measure.figure: vars(difference(way, ways[0], measure.figure)) for measure in MEASURES
                },
            }
            for way in ways
        ]
    }
