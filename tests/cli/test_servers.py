"""The servers used by tests and the embedded stack."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.testing import WorkflowEnvironment


async def test_a_test_database_has_every_table(database: AsyncEngine) -> None:
    async with database.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM escalation")) == 0
        assert await connection.scalar(text("SHOW server_version_num")) >= "180000"


async def test_the_time_skipping_temporal_answers(temporal_env: WorkflowEnvironment) -> None:
    assert await temporal_env.client.count_workflows() is not None
