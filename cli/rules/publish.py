"""`muster rules publish`: a rules file becomes what escalations are decided by, as from the page."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cli.database_session import run_on_database
from cli.environment import process_settings
from cli.options import file_argument, json_option
from cli.rules.inputs import ERRORS, diagnostic_json, echo_json, read_text
from database.engine import open_engine
from database.stores.access.accounts import all_accounts
from database.stores.backtest.capacity_under_rules import CapacityReview, weigh_rules
from database.stores.directory.read import read_directory
from database.stores.rules.versions import PublishedRules, current_published
from database.stores.rules.versions import publish as publish_rules
from domain.failure import Failure
from domain.rollout.steps import EVERYBODY, ROLLOUT_STEPS, share_words
from rules_dsl import Diagnostic, RulesRefused, check_rules, render

_BY_COMMAND = "muster rules publish"


@dataclass(frozen=True)
class _PublishRequest:
    text: str
    author: str
    reason: str
    percent: int
    based_on: int | None
    strict: bool
    accept_at_risk: bool


@dataclass
class _AtRisk(Failure):
    """Booked calls could not be served by these rules."""

    weighed: CapacityReview

    @property
    def detail(self) -> str:
        lines = [
            f"  {one.starts_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC  {one.subject}" for one, _ in self.weighed.lines
        ]
        return "\n".join(
            [
                f"{self.weighed.left} of {self.weighed.under.looked_at} booked calls could not be served by these "
                "rules, so nothing was published:",
                *lines,
                "They keep the plan that they were booked with. --accept-at-risk publishes all the same.",
            ]
        )


@click.command()
@file_argument
@click.option("--reason", required=True, help="Why: kept with the version.")
@click.option("--author", default="", help="The mail address of whoever publishes; else the command is named.")
@click.option(
    "--stage", type=click.Choice([str(stage) for stage in ROLLOUT_STEPS]), default=str(EVERYBODY), show_default=True,
    help="For how many percent of the customers.",
)  # fmt: skip
@click.option("--based-on", type=int, help="The version this file was made from: refuse if another one stands by now.")
@click.option("--strict", is_flag=True, help="Warnings keep it from being published too.")
@click.option("--accept-at-risk", is_flag=True, help="Publish even what could not serve calls that are booked.")
@json_option
def publish(
    file: Path,
    reason: str,
    author: str,
    stage: str,
    based_on: int | None,
    strict: bool,
    accept_at_risk: bool,
    as_json: bool,
) -> None:
    """Publish FILE: escalations opened from now on are decided by it.

    It is checked against the directory of the database, and its expectations are run. Ends with 0 where it is
    published, or stood already; with 1 where warnings under --strict, what stands there, or calls that are booked
    and could not be served by it keep it from it; with 2 for errors in the file.
    """
    if not reason.strip():
        raise click.BadParameter("it says why, in a few words", param_hint="--reason")
    text = read_text(file)
    wanted = _PublishRequest(text, author, reason.strip(), int(stage), based_on, strict, accept_at_risk)
    try:
        published, diagnostics = run_on_database(_publish(process_settings().require_database_url(), wanted))
    except Failure as refused:
        raise click.ClickException(refused.detail) from None
    errors = any(diagnostic.severity == "error" for diagnostic in diagnostics)
    if as_json:
        number = None if published is None else published.number
        echo_json({"file": str(file), "version": number, "messages": [diagnostic_json(one) for one in diagnostics]})
    else:
        for diagnostic in diagnostics:
            click.echo(render(diagnostic, text, file.name))
        click.echo(_said(file, published, wanted.percent))
    sys.exit(ERRORS if errors else int(published is None))


def _said(file: Path, published: PublishedRules | None, percent: int) -> str:
    if published is None:
        return f"{file.name}: not published"
    return f"{file.name}: version {published.number}, for {share_words(percent)}"


async def _publish(database_url: str, wanted: _PublishRequest) -> tuple[PublishedRules | None, tuple[Diagnostic, ...]]:
    """The version, or None where messages keep it from being one."""
    engine = open_engine(database_url, connections=1)
    try:
        if not wanted.accept_at_risk:
            weighed = await weigh_rules(engine, wanted.text, longer=True)
            if weighed is not None and weighed.left:
                raise _AtRisk(weighed)
        async with engine.begin() as conn:
            author = await _author(conn, wanted.author)
            diagnostics = check_rules(wanted.text, await read_directory(conn))
            if any(wanted.strict or diagnostic.severity == "error" for diagnostic in diagnostics):
                return None, diagnostics
            standing = await current_published(conn)
            based_on = wanted.based_on or (standing.number if standing is not None else None)
            now = datetime.now(UTC)
            published = await publish_rules(
                conn, wanted.text, author, wanted.reason, based_on, now, percent=wanted.percent
            )
            return published, diagnostics
    except RulesRefused as refused:
        return None, refused.diagnostics
    finally:
        await engine.dispose()


async def _author(conn: AsyncConnection, email: str) -> str:
    """The name that is kept with the version."""
    if not email:
        return _BY_COMMAND
    for account in await all_accounts(conn):
        if account.active and account.email.lower() == email.strip().lower():
            return account.name
    raise click.BadParameter(f"nobody here has the address {email}", param_hint="--author")
