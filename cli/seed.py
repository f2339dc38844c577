"""`muster seed`: loads a directory and rules into the database, and creates credentials for trying them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cli.database_session import run_on_database
from cli.environment import example, process_settings
from cli.options import seed_directory_option, seed_rules_option
from cli.stack.home import Home, write_private
from database.clock import current_time
from database.engine import open_engine
from database.stores.access.accounts import all_accounts
from database.stores.access.api_tokens import SCOPES, create_token, find_token
from database.stores.access.sessions import renew_sign_in_link
from database.stores.rules.versions import current_published, publish
from database.stores.staff.seed import Outsider, SeededPerson, seed_directory
from domain.rollout.steps import StageRuns
from rules_dsl import RulesRefused, render
from rules_dsl.directory import Directory, WeeklyShift

EVERY_DAY = tuple(range(7))
LINKS_LAST = timedelta(days=7)
OUTSIDERS = {"manager": "Signe Lund", "ops": "Tomas Novak", "admin": "Maren Dahl"}
"""Names of the people who are added for roles that nobody in the directory has."""


@click.command()
@seed_directory_option
@seed_rules_option
@click.option("--always-on-duty", is_flag=True, help="Give every agent shifts around the clock, for trials.")
@click.option("--once", is_flag=True, help="Leave existing data unchanged; only create new sign-in links.")
@click.option("--json", "as_json", is_flag=True, help="Print the credentials as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing, so that sign-in links stay out of logs.")
def seed(
    directory: Path | None, rules: Path | None, always_on_duty: bool, once: bool, as_json: bool, quiet: bool
) -> None:
    """Load a directory and rules (default: the example team); create an API token and new sign-in links.

    Writes these to credentials.json in MUSTER_HOME. Can be run again: existing entries are updated.
    """
    settings = process_settings()
    chosen = directory or example("small_team.directory.json")
    loaded = _read_directory(chosen)
    if always_on_duty:
        loaded = _around_the_clock(loaded)
    rules_file = rules or example("small_team.rules")
    home = Home(settings.home)
    home.make()
    try:
        credentials = run_on_database(
            _seed(settings.require_database_url(), settings.base_url, loaded, rules_file.read_text(), home, once=once)
        )
    except StageRuns as runs:
        raise click.ClickException(runs.detail) from None
    except RulesRefused as refused:
        rendered = "\n".join(
            render(diagnostic, rules_file.read_text(), rules_file.name) for diagnostic in refused.diagnostics
        )
        raise click.ClickException(f"the rules have errors\n\n{rendered}") from None
    write_private(home.credentials, json.dumps(credentials, indent=1))
    if not quiet:
        click.echo(json.dumps(credentials, indent=1) if as_json else _listing(credentials, home))


async def _seed(
    database_url: str, web_url: str, directory: Directory, rules: str, home: Home, *, once: bool
) -> dict[str, Any]:
    engine = open_engine(database_url, connections=1)
    try:
        async with engine.begin() as conn:
            now = current_time()
            published = await current_published(conn)
            if once and published is not None:
                accounts = [account for account in await all_accounts(conn) if account.active and account.roles]
                people = [SeededPerson(account.id, account.name, account.roles[0]) for account in accounts]
            else:
                people = await seed_directory(conn, directory, _outsiders(directory), now)
                await publish(conn, rules, "muster seed", "seeded", published.number if published else None, now)
            links = [
                {
                    "name": person.name,
                    "role": person.role,
                    "sign_in": f"{web_url}/sign-in/{await renew_sign_in_link(conn, person.id, now + LINKS_LAST)}",
                }
                for person in people
            ]
            return {"api_token": await _api_token(conn, home, now), "people": links}
    finally:
        await engine.dispose()


async def _api_token(conn: AsyncConnection, home: Home, now: datetime) -> str:
    """The token in credentials.json if it is still valid, otherwise a new one."""
    if home.credentials.exists():
        earlier = str(json.loads(home.credentials.read_text()).get("api_token"))
        if await find_token(conn, earlier) is not None:
            return earlier
    return await create_token(conn, f"seed {now:%Y-%m-%d %H:%M:%S}", SCOPES, now)


def _read_directory(path: Path) -> Directory:
    try:
        return Directory.from_json(json.loads(path.read_text()))
    except ValueError as wrong:
        raise click.BadParameter(f"{path}: {wrong}", param_hint="--directory") from None


def _around_the_clock(directory: Directory) -> Directory:
    always = WeeklyShift(EVERY_DAY, 0, 24 * 60, directory.time_zone)
    people = (replace(person, shifts=(*person.shifts, always)) for person in directory.people)
    return replace(directory, people=tuple(people))


def _outsiders(directory: Directory) -> list[Outsider]:
    present = {role for person in directory.people for role in person.roles}
    domain = directory.teams[0].address.partition("@")[2]
    return [
        Outsider(name, f"{name.lower().replace(' ', '.')}@{domain}", role)
        for role, name in OUTSIDERS.items()
        if role not in present
    ]


def _listing(credentials: dict[str, Any], home: Home) -> str:
    rows = [f"{person['role']:<8} {person['name']:<16} {person['sign_in']}" for person in credentials["people"]]
    return "\n".join([*rows, f"API token and these links: {home.credentials}"])
