"""`muster rebuild`: replaces workflows with new ones, built from the rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError

from activities.comparing import find_problem
from activities.outage import is_temporal_down
from cli.database_session import run_on_database
from cli.environment import settings_beside_stack
from config.temporal import connect
from database.clock import current_time
from database.clock_reading import read_clock
from database.engine import open_engine
from database.stores.rounds.repair import OVERDUE, Position, open_after, position_of
from workers.auditor import FIRST
from workers.rebuild import reason_to_rebuild, rebuild, remove


@click.command("rebuild")
@click.argument("escalations", nargs=-1, type=click.UUID, metavar="[ID]...")
@click.option("--all", "every", is_flag=True, help="Every open escalation whose workflow disagrees with the rows.")
@click.option("--dry-run", is_flag=True, help="Only print what would be rebuilt, and why.")
@click.option(
    "--hand-back", is_flag=True, help="Only remove them, all of them, so that the previous release rebuilds them."
)
def rebuild_command(escalations: tuple[UUID, ...], every: bool, dry_run: bool, hand_back: bool) -> None:
    """Rebuild workflows from the rows: those of the escalations with these ids, or all that disagree with the rows.

    This loses nothing, because a workflow only keeps the deadlines. The auditor does the same by itself within minutes.
    """
    if bool(escalations) == every:
        raise click.UsageError("name escalations by their ids, or give --all")
    if hand_back and (dry_run or not every):
        raise click.UsageError("--hand-back goes with --all, and without --dry-run")
    url = settings_beside_stack().require_database_url()
    try:
        run_on_database(_hand_back(url) if hand_back else _run(url, tuple(map(str, escalations)), dry_run))
    except (RPCError, RuntimeError) as error:
        raise click.ClickException(_words(error)) from None


def _words(error: RPCError | RuntimeError) -> str:
    """What went wrong. Raises errors that Temporal isn't to blame for."""
    if is_temporal_down(error):
        return f"Temporal does not answer: {error}"
    if isinstance(error, RPCError):
        return f"Temporal refused, {error.status.name}: {error}"
    raise error


async def _run(url: str, named: tuple[str, ...], dry_run: bool) -> None:
    engine, client, count = open_engine(url, connections=1), await connect(lazy=False), 0
    try:
        await read_clock(engine)
        async for escalation, reason in _chosen(engine, client, named):
            if reason is None or not (dry_run or await rebuild(client, engine, escalation, reason, current_time())):
                click.echo(f"left {escalation}: it is over, or there is no such escalation")
                continue
            click.echo(f"{'would rebuild' if dry_run else 'rebuilt'} {escalation}: {reason}")
            count += 1
    finally:
        await engine.dispose()
    click.echo(f"{count} {'would be rebuilt' if dry_run else 'rebuilt'}")


async def _hand_back(url: str) -> None:
    """Remove every open escalation's workflow. While workers of this release run, they would rebuild them."""
    engine, client, count = open_engine(url, connections=1), await connect(lazy=False), 0
    try:
        await read_clock(engine)
        # A little ahead, to include those opened just now.
        async for position in _every_open(engine, current_time() + OVERDUE):
            count += await remove(client, position.escalation)
    finally:
        await engine.dispose()
    click.echo(f"{count} removed; start the previous release now")


async def _chosen(engine: AsyncEngine, client: Client, named: tuple[str, ...]) -> AsyncIterator[tuple[str, str | None]]:
    """Ids of escalations, each with the reason to rebuild it: those named, else all open ones with a problem.

    Of those named, one without an open escalation has no reason.
    """
    for escalation in named:
        async with engine.connect() as conn:
            position = await position_of(conn, escalation, current_time())
        reason = None if position is None else await reason_to_rebuild(client, engine, position, current_time())
        yield escalation, reason
    if named:
        return
    async for position in _every_open(engine, current_time()):
        if (problem := await find_problem(client, engine, position, current_time())) is not None:
            yield position.escalation, problem.value


async def _every_open(engine: AsyncEngine, now: datetime) -> AsyncIterator[Position]:
    after = FIRST
    while True:
        async with engine.connect() as conn:
            positions = await open_after(conn, after, now)
        for position in positions:
            yield position
        if not positions:
            return
        after = positions[-1].escalation
