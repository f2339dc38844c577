"""`muster rules publish`: publishes a rules file, as the page does."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cli.database_session import run_on_database
from cli.environment import process_settings
from cli.options import file_argument, json_option
from cli.rules.inputs import ERRORS, diagnostic_json, echo_json, read_text
from database.clock import current_time
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
    """Some booked calls could not be served under these rules."""

    review: CapacityReview

    @property
    def detail(self) -> str:
        lines = [f"  {one.starts_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC  {one.subject}" for one, _ in self.review.lines]
        return "\n".join(
            [
                f"{self.review.left} of {self.review.under.checked} booked calls could not be served by these "
                "rules, so nothing was published:",
                *lines,
                "They keep the plan that they were booked with. Use --accept-at-risk to publish anyway.",
            ]
        )


@click.command()
@file_argument
@click.option("--reason", required=True, help="The reason, stored with the version.")
@click.option("--author", default="", help="The publisher's mail address; by default, the version names this command.")
@click.option(
    "--stage", type=click.Choice([str(stage) for stage in ROLLOUT_STEPS]), default=str(EVERYBODY), show_default=True,
    help="The percentage of customers to publish for.",
)  # fmt: skip
@click.option(
    "--based-on", type=int, help="The version this file is based on; refuse if another one is published by now."
)
@click.option("--strict", is_flag=True, help="Refuse to publish if there are warnings.")
@click.option("--accept-at-risk", is_flag=True, help="Publish even if booked calls could not be served.")
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
    """Publish FILE, so that it decides escalations opened from now on.

    It is checked against the directory in the database, and its expectations are run. Exit code: 0 if it is now
    published or already was; 1 if it is refused because of warnings under --strict, because another version has been
    published, or because some booked calls could not be served under these rules; 2 for errors in the file.
    """
    if not reason.strip():
        raise click.BadParameter("give the reason in a few words", param_hint="--reason")
    text = read_text(file)
    request = _PublishRequest(text, author, reason.strip(), int(stage), based_on, strict, accept_at_risk)
    try:
        published, diagnostics = run_on_database(_publish(process_settings().require_database_url(), request))
    except Failure as refused:
        raise click.ClickException(refused.detail) from None
    errors = any(diagnostic.severity == "error" for diagnostic in diagnostics)
    if as_json:
        number = None if published is None else published.number
        echo_json({"file": str(file), "version": number, "messages": [diagnostic_json(one) for one in diagnostics]})
    else:
        for diagnostic in diagnostics:
            click.echo(render(diagnostic, text, file.name))
        click.echo(_result_line(file, published, request.percent))
    sys.exit(ERRORS if errors else int(published is None))


def _result_line(file: Path, published: PublishedRules | None, percent: int) -> str:
    if published is None:
        return f"{file.name}: not published"
    return f"{file.name}: version {published.number}, for {share_words(percent)}"


async def _publish(database_url: str, request: _PublishRequest) -> tuple[PublishedRules | None, tuple[Diagnostic, ...]]:
    """Publish the file and return the version, or None if diagnostics prevent publishing."""
    engine = open_engine(database_url, connections=1)
    try:
        if not request.accept_at_risk:
            review = await weigh_rules(engine, request.text, longer=True)
            if review is not None and review.left:
                raise _AtRisk(review)
        async with engine.begin() as conn:
            author = await _author(conn, request.author)
            diagnostics = check_rules(request.text, await read_directory(conn))
            if any(request.strict or diagnostic.severity == "error" for diagnostic in diagnostics):
                return None, diagnostics
            current = await current_published(conn)
            based_on = request.based_on or (current.number if current is not None else None)
            now = current_time()
            published = await publish_rules(
                conn, request.text, author, request.reason, based_on, now, percent=request.percent
            )
            return published, diagnostics
    except RulesRefused as refused:
        return None, refused.diagnostics
    finally:
        await engine.dispose()


async def _author(conn: AsyncConnection, email: str) -> str:
    """The author's name, stored with the version."""
    if not email:
        return _BY_COMMAND
    for account in await all_accounts(conn):
        if account.active and account.email.lower() == email.strip().lower():
            return account.name
    raise click.BadParameter(f"nobody has the address {email}", param_hint="--author")
