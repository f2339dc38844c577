"""`muster doctor`: reports what is reachable and what state it is in."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterator
from importlib.metadata import version

import click
import httpx
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.service import RPCError

from cli.doctor_calls import examine_calls
from cli.doctor_probes import examine_probes
from cli.doctor_rows import examine_rows
from cli.environment import read_settings, settings_beside_stack, stack_of
from cli.findings import Finding, within
from cli.stack.home import Home, Record
from config.settings import SettingMissing, Settings
from config.temporal import connect
from database.engine import driver_url
from database.limits import READINESS
from database.migrate import newest, present
from domain.ids import Tokens

ANSWER_WITHIN = 10.0
"""Seconds that each part has to answer."""


@click.command()
def doctor() -> None:
    """Report what is reachable and what state it is in. Exits with status 1 if something is wrong.

    Needs at most a minute, whatever doesn't answer.
    """
    stack = stack_of(read_settings())
    findings = list(_examine(settings_beside_stack(), stack))
    for finding in findings:
        click.echo(f"{'ok    ' if finding.ok else 'FAILED'} {finding.part:<10} {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise click.exceptions.Exit(1)


def _examine(settings: Settings, stack: Record | None) -> Iterator[Finding]:
    yield Finding("muster", True, f"{version('muster')}, Python {platform.python_version()}")
    asked = _asked(settings, Home(settings.home), stack)
    yield asked
    if not asked.ok:
        return
    mark = _mark(settings)
    (database,) = within(ANSWER_WITHIN, "database", lambda: [_database(settings)])
    yield database
    if database.ok and settings.database_url is not None:
        url = settings.database_url
        yield from within(ANSWER_WITHIN, "rows", lambda: examine_rows(url))
    yield from within(ANSWER_WITHIN, "temporal", lambda: [asyncio.run(_temporal())])
    yield from within(ANSWER_WITHIN, "web", lambda: [_web(settings, mark)])
    yield from within(ANSWER_WITHIN, "calls", lambda: examine_calls(settings))
    yield from within(ANSWER_WITHIN, "processes", lambda: examine_probes(settings, stack, mark))


def _asked(settings: Settings, home: Home, stack: Record | None) -> Finding:
    """Which stack is asked; not ok if there is none. Another that runs on this machine is never asked instead."""
    if stack is not None:
        if home.is_in_use():
            state = "" if stack.ready else ", still starting"
            detail = f"{home.folder}: process {stack.pid}, {len(stack.children)} children, at {stack.url}{state}"
            return Finding("stack", True, detail)
        return Finding("stack", False, f"{home.folder}: not running: start it with `muster up`")
    if settings.database_url is None:
        missing = "no stack has run here, and MUSTER_DATABASE_URL is not set: run `muster up`, or set it"
        return Finding("stack", False, f"{home.folder}: {missing}")
    parts = conninfo_to_dict(settings.database_url.replace("+psycopg", "", 1))
    named = f"the one of the settings, with the database {parts.get('dbname')} at {parts.get('host', 'localhost')}"
    return Finding("stack", True, f"{named}, not the one in {home.folder}" if home.is_in_use() else named)


def _mark(settings: Settings) -> str | None:
    """The mark of this installation's processes; None if its secret key can't be read here."""
    try:
        return Tokens(settings.require_secret_key().encode()).installation()
    except (SettingMissing, OSError):
        return None


def _database(settings: Settings) -> Finding:
    if settings.database_url is None:
        return Finding("database", False, "not set: run `muster up`, or set MUSTER_DATABASE_URL")
    engine = create_engine(driver_url(settings.database_url), poolclass=NullPool, connect_args=READINESS.connect_args)
    try:
        with engine.connect() as connection:
            server = connection.execute(text("SHOW server_version")).scalar_one()
            schema, newest_schema = present(connection), newest()
    except SQLAlchemyError as failure:
        return Finding("database", False, str(failure.__cause__ or failure).strip().splitlines()[0])
    if schema != newest_schema:
        problem = f"PostgreSQL {server}, migrated to {schema}, needs {newest_schema}: run `muster migrate`"
        return Finding("database", False, problem)
    return Finding("database", True, f"PostgreSQL {server}, migrated to {schema}")


async def _temporal() -> Finding:
    try:
        client = await connect(lazy=False)
        info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    except (RuntimeError, RPCError) as failure:
        return Finding("temporal", False, str(failure).splitlines()[0])
    address = client.service_client.config.target_host
    return Finding("temporal", True, f"server {info.server_version} at {address}, namespace {client.namespace}")


def _web(settings: Settings, mark: str | None) -> Finding:
    address = settings.local_url
    try:
        with httpx.Client(base_url=address, timeout=6, trust_env=False) as client:
            answer, alive = client.get("/readyz"), client.get("/healthz")
            served = alive.json().get("installation") if alive.is_success else None
    except (httpx.HTTPError, ValueError, AttributeError) as failure:
        return Finding("web", False, f"{address}: {failure}")
    if mark and served and served != mark:
        return Finding("web", False, f"{address} is another installation's: its secret key is not ours")
    return Finding("web", answer.is_success, f"{address} answers {answer.status_code}")
