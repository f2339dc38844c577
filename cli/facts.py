"""`muster facts`: edits the vocabulary, applying the same checks as the web page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, get_args

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cli.database_session import run_on_database
from cli.environment import process_settings
from database.clock import current_time
from database.engine import open_engine
from database.stores.directory.read import read_directory
from database.stores.staff.fact_types import keep_fact, remove_fact
from domain.failure import Failure
from rules_dsl import kind_of_fact
from rules_dsl.directory import FactKind, FactType

_KINDS = get_args(FactKind)
author_option = click.option("--author", default="muster facts", help="Author shown in the audit log.")


@click.group()
def facts() -> None:
    """List, declare, change and remove the facts that rules can use."""


@facts.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in the format of a directory file's `facts`.")
def list_(as_json: bool) -> None:
    """List the declared facts."""
    declared = _run(_declared())
    if as_json:
        click.echo(json.dumps({fact.name: _entry(fact) for fact in declared}, ensure_ascii=False, indent=1))
        return
    for fact in declared:
        click.echo(f"{fact.name:<24} {kind_of_fact(fact)}{'' if fact.may_be_missing else ' (always known)'}")


@facts.command()
@click.argument("name")
@click.option("--type", "kind", type=click.Choice(_KINDS), required=True, help="Type of the fact's values.")
@click.option("--value", "values", multiple=True, help="A value of a choice; repeat for each value, in order.")
@click.option("--ordered", is_flag=True, help="The values are given in order, from least to most.")
@click.option("--always-known", is_flag=True, help="Every ticket has it, so rules needn't handle its absence.")
@click.option("--change", is_flag=True, help="Change the existing fact instead of declaring a new one.")
@author_option
def declare(
    name: str, kind: FactKind, values: tuple[str, ...], ordered: bool, always_known: bool, change: bool, author: str
) -> None:
    """Declare the fact NAME, or change it.

    A change that would break lines of the published rules is refused, and those lines are listed.
    """
    _run(_keep(FactType(name, kind, values, ordered, not always_known), author, new=not change))
    click.echo(f"{'changed' if change else 'declared'}: {name}")


@facts.command()
@click.argument("name")
@author_option
def remove(name: str, author: str) -> None:
    """Remove the fact NAME, unless the published rules use it."""
    _run(_remove(name, author))
    click.echo(f"removed: {name}")


def _entry(fact: FactType) -> dict[str, Any]:
    choice: dict[str, Any] = {"values": list(fact.values), "ordered": fact.ordered} if fact.kind == "choice" else {}
    return {"type": fact.kind, **choice, "may_be_missing": fact.may_be_missing}


async def _declared() -> tuple[FactType, ...]:
    async with _connected() as conn:
        return (await read_directory(conn)).facts


async def _keep(fact: FactType, author: str, *, new: bool) -> None:
    async with _connected() as conn:
        await keep_fact(conn, fact, author, current_time(), new=new)


async def _remove(name: str, author: str) -> None:
    async with _connected() as conn:
        await remove_fact(conn, name, author, current_time())


@asynccontextmanager
async def _connected() -> AsyncIterator[AsyncConnection]:
    """A transaction that is committed unless an exception is raised."""
    engine = open_engine(process_settings().require_database_url(), connections=1)
    try:
        async with engine.begin() as conn:
            yield conn
    finally:
        await engine.dispose()


def _run(work: Coroutine[None, None, Any]) -> Any:
    """Run the coroutine; a refusal ends the command with the refusal's own message."""
    try:
        return run_on_database(work)
    except Failure as refused:
        raise click.ClickException(refused.detail) from None
