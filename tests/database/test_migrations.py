"""The tables that the code knows are the tables that the migrations make."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from database import migrations
from database.migrate import newest, present, upgrade
from database.tables import metadata
from database.tables.directory import person


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


async def test_the_migrations_make_what_the_code_knows(database: AsyncEngine) -> None:
    known = {
        table.name: {column.name: bool(column.nullable) for column in table.columns} for table in metadata.sorted_tables
    }
    async with database.connect() as conn:
        assert await conn.run_sync(columns) == known
        made = await conn.run_sync(indexes)
    wanted = {str(index.name) for table in metadata.sorted_tables for index in table.indexes}
    assert wanted <= made


async def test_migrating_again_changes_nothing(database: AsyncEngine, database_url: str) -> None:
    upgrade(database_url)
    async with database.connect() as conn:
        assert await conn.run_sync(present) == newest()


async def test_people_who_share_an_address_are_named_before_only_one_can_have_it(database: AsyncEngine) -> None:
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
