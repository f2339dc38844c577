"""`muster doctor`: reports what is reachable and what state it is in."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterator
from importlib.metadata import version

import click
import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.service import RPCError

from cli.doctor_probes import examine_probes
from cli.doctor_rows import examine_rows
from cli.environment import settings_beside_stack
from cli.findings import Finding, within
from cli.stack.home import Home
from config.settings import Settings
from config.temporal import connect
from database.engine import driver_url
from database.limits import READINESS
from database.migrate import newest, present

ANSWER_WITHIN = 10.0
"""Seconds that each part has to answer."""


@click.command()
def doctor() -> None:
    """Report what is reachable and what state it is in. Exits with status 1 if something is wrong.

    Needs at most a minute, whatever doesn't answer.
    """
    settings = settings_beside_stack()
    findings = list(_examine(settings))
    for finding in findings:
        click.echo(f"{'ok    ' if finding.ok else 'FAILED'} {finding.part:<10} {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise click.exceptions.Exit(1)


def _examine(settings: Settings) -> Iterator[Finding]:
    yield Finding("muster", True, f"{version('muster')}, Python {platform.python_version()}")
    record = Home(settings.home).read_record()
    state = f"process {record.pid}, {len(record.children)} children" if record.pid else "not running"
    yield Finding("stack", True, f"{settings.home}: {state}")
    (database,) = within(ANSWER_WITHIN, "database", lambda: [_database(settings)])
    yield database
    if database.ok and settings.database_url is not None:
        url = settings.database_url
        yield from within(ANSWER_WITHIN, "rows", lambda: examine_rows(url))
    yield from within(ANSWER_WITHIN, "temporal", lambda: [asyncio.run(_temporal())])
    yield from within(ANSWER_WITHIN, "web", lambda: [_web(settings)])
    yield from within(ANSWER_WITHIN, "processes", lambda: examine_probes(settings, record))


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


def _web(settings: Settings) -> Finding:
    address = settings.local_url
    try:
        answer = httpx.get(f"{address}/readyz", timeout=6, trust_env=False)
    except httpx.HTTPError as failure:
        return Finding("web", False, f"{address}: {failure}")
    return Finding("web", answer.is_success, f"{address} answers {answer.status_code}")
