"""The tables that the code knows are the tables that the migrations make."""

from __future__ import annotations

from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from database.migrate import newest, present, upgrade
from database.tables import metadata


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
