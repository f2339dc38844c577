"""Migrations: they create the tables that the code declares, yield to traffic and convert existing rows."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cli.stack.postgres import Cluster, ensure_database
from config.settings import with_driver
from database import migrations
from database.migrate import newest, present, upgrade
from database.tables import metadata
from database.tables.directory import person
from domain.deadlines import MIGRATION_LOCK, UPDATE
from domain.tickets.reference import account_of


def columns(connection: Connection) -> dict[str, dict[str, bool]]:
    inspector = inspect(connection)
    return {
        table: {str(column["name"]): bool(column["nullable"]) for column in inspector.get_columns(table)}
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def indexes(connection: Connection) -> set[str]:
    inspector = inspect(connection)
    return {str(index["name"]) for table in inspector.get_table_names() for index in inspector.get_indexes(table)}


async def test_the_migrations_create_the_declared_tables(database: AsyncEngine) -> None:
    declared = {
        table.name: {column.name: bool(column.nullable) for column in table.columns} for table in metadata.sorted_tables
    }
    async with database.connect() as conn:
        assert await conn.run_sync(columns) == declared
        existing_indexes = await conn.run_sync(indexes)
    declared_indexes = {str(index.name) for table in metadata.sorted_tables for index in table.indexes}
    assert declared_indexes <= existing_indexes


async def test_migrating_again_changes_nothing(database: AsyncEngine, database_url: str) -> None:
    upgrade(database_url)
    async with database.connect() as conn:
        assert await conn.run_sync(present) == newest()


async def test_the_migration_to_unique_addresses_names_people_who_share_one(database: AsyncEngine) -> None:
    folder = Path(str(migrations.__file__)).parent / "versions"
    check = "".join((folder / "0009_one_address.sql").read_text().partition("END $$;")[:2]).replace("%", "%%")
    async with database.begin() as conn:
        await conn.execute(text("DROP INDEX person_email_lower_key"))
        await conn.exec_driver_sql(check)
        addresses = ("anna@example.com", "Anna@Example.com", "otto@example.com")
        await conn.execute(insert(person), [{"name": "P", "email": address} for address in addresses])
        with pytest.raises(DBAPIError, match=r"but for capitals: anna@example\.com\."):
            async with conn.begin_nested():
                await conn.exec_driver_sql(check)
        await conn.rollback()
    async with database.begin() as conn:
        await conn.execute(insert(person).values(name="P", email="anna@example.com"))
        with pytest.raises(DBAPIError, match="person_email_lower_key"):
            async with conn.begin_nested():
                await conn.execute(insert(person).values(name="P", email="ANNA@example.com"))


def test_a_migration_waits_for_a_lock_shorter_than_anybody_waits_for_an_answer() -> None:
    assert MIGRATION_LOCK < UPDATE


async def test_a_migration_yields_to_traffic_and_is_retried(before_accounts: str) -> None:
    """While a long read holds a table, its migration must not block the statements that come later."""
    async with engine_of(before_accounts) as engine, engine.connect() as reading:
        await reading.execute(text("SELECT count(*) FROM escalation"))
        migrating = asyncio.create_task(asyncio.to_thread(upgrade, before_accounts))
        for _ in range(3):
            await until_waiting_for_lock(engine, migrating)
            async with engine.begin() as traffic:
                await traffic.execute(text(f"SET LOCAL lock_timeout = '{UPDATE.total_seconds():.0f}s'"))
                await traffic.execute(text("SELECT count(*) FROM escalation"))
        assert not migrating.done()
        await reading.rollback()
        await migrating
        assert await reading.run_sync(present) == newest()


@pytest.fixture
async def before_accounts(postgres_cluster: Cluster) -> str:
    """The URL of a database with the schema before tickets had accounts."""
    name = f"migrated_{secrets.token_hex(4)}"
    await asyncio.to_thread(ensure_database, postgres_cluster, name)
    url = with_driver(postgres_cluster.url(name))
    await asyncio.to_thread(upgrade, url, "0011")
    return url


@asynccontextmanager
async def engine_of(url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


async def until_waiting_for_lock(engine: AsyncEngine, migrating: asyncio.Task[None]) -> None:
    """Return when the migration waits for the table's lock, or has ended."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'escalation'::regclass")
    async with engine.connect() as conn:
        waiting = 0
        while not waiting and not migrating.done():
            waiting = (await conn.execute(query)).scalar_one()
    if migrating.done():
        await migrating


_OPEN = text(
    "INSERT INTO escalation (id, desk, ticket_system, ticket_id, ticket_url, subject, facts, customer, mode, state,"
    " plan, ruleset, rule, opened_by, opened_at, updated_at) SELECT :id, desk.id, 'zendesk', :ticket, :url, 's', '{}',"
    " customer.id, 'booking', 'invited', '{}', 'r', 'r', 't', now(), now() FROM desk, customer"
)


async def test_open_tickets_get_the_account_of_their_address(before_accounts: str) -> None:
    urls = (
        "https://me@WWW.Harbor.zendesk.com:443/agent/tickets/1?x=https://y.example/",
        "",
        "https://app.intercom.com/a/inbox/x1/inbox/all/conversation/1",
        "no address",
    )
    async with engine_of(before_accounts) as engine:
        async with engine.begin() as conn:
            await conn.execute(text("INSERT INTO desk (name, time_zone, currency) VALUES ('d', 'UTC', 'EUR')"))
            await conn.execute(text("INSERT INTO customer (email, name) VALUES ('m@olsen.example', 'Mira')"))
            rows = [{"id": uuid.uuid4(), "ticket": str(nth), "url": url} for nth, url in enumerate(urls)]
            await conn.execute(_OPEN, rows)
        await asyncio.to_thread(upgrade, before_accounts)
        async with engine.connect() as conn:
            query = text("SELECT ticket_account FROM escalation ORDER BY ticket_id")
            accounts = (await conn.execute(query)).scalars().all()
    assert accounts == [account_of(url) for url in urls] == ["harbor.zendesk.com", "", "app.intercom.com/x1", ""]


_STANDING = text(
    "INSERT INTO escalation (id, desk, ticket_system, ticket_account, ticket_id, ticket_url, subject, facts, customer,"
    " mode, state, plan, ruleset, rule, opened_by, opened_at, updated_at) SELECT :id, desk.id, :system, :account,"
    " :ticket, :url, 's', '{}', customer.id, 'booking', :state, '{}', 'r', 'r', :by, now(), now() FROM desk, customer"
)


async def test_tickets_of_earlier_releases_are_told_apart_by_todays_rules(postgres_cluster: Cluster) -> None:
    name = f"migrated_{secrets.token_hex(4)}"
    await asyncio.to_thread(ensure_database, postgres_cluster, name)
    url = with_driver(postgres_cluster.url(name))
    await asyncio.to_thread(upgrade, url, "0021")
    old_zendesk = "https://harbor.zendesk.com/agent/#/tickets/5"
    standing = [
        ("harbor.zendesk.com", "harbor.zendesk.com", "5", old_zendesk, "invited", "person:1"),
        ("zendesk", "", "6", "https://harbor.zendesk.com/agent/tickets/6", "closed", "api:x"),
        ("support", "", "#9", "https://harbor.zendesk.com/agent/tickets/9", "closed", "api:x"),
        ("zendesk", "harbor", "7", "", "booked", "webhook:harbor"),
        ("zendesk", "harbor.zendesk.com", "8", "", "invited", "webhook:harbor"),
        ("zendesk", "", "8", "https://harbor.zendesk.com/agent/tickets/8", "invited", "person:1"),
    ]
    async with engine_of(url) as engine:
        async with engine.begin() as conn:
            await conn.execute(text("INSERT INTO desk (name, time_zone, currency) VALUES ('d', 'UTC', 'EUR')"))
            await conn.execute(text("INSERT INTO customer (email, name) VALUES ('m@olsen.example', 'Mira')"))
            source = "INSERT INTO webhook_source VALUES ('harbor', 'zendesk', 'secret', 'harbor.zendesk.com')"
            await conn.execute(text(source))
            names = ("system", "account", "ticket", "url", "state", "by")
            rows = [dict(zip(names, one, strict=True)) | {"id": uuid.uuid4()} for one in standing]
            await conn.execute(_STANDING, rows)
        await asyncio.to_thread(upgrade, url)
        async with engine.connect() as conn:
            query = text("SELECT ticket_id, ticket_system, ticket_account FROM escalation ORDER BY 1, 2, 3")
            found = [tuple(row) for row in await conn.execute(query)]
    account = "harbor.zendesk.com"
    double = [("8", "zendesk", ""), ("8", "zendesk", account)]
    # The last one's file in the archive is named after its help desk and number.
    archived = ("#9", "support", account)
    assert sorted(found) == sorted([*((number, "zendesk", account) for number in "567"), *double, archived])
