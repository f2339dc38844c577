"""The boat shop's database, furnished once and cloned for each test of the application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from cli.stack.postgres import Cluster
from config.settings import with_driver
from tests.servers import cloned_database
from tests.web.office import furnish


@pytest.fixture(scope="session")
async def furnished_template(postgres_cluster: Cluster, migrated_template: str) -> AsyncIterator[str]:
    """Name of a database with the boat shop's people and published rules, for cloning."""
    with cloned_database(postgres_cluster, migrated_template) as url:
        engine = create_async_engine(with_driver(url))
        await furnish(engine)
        await engine.dispose()
        name = make_url(url).database
        assert name is not None
        yield name


@pytest.fixture
def template(request: pytest.FixtureRequest, migrated_template: str) -> str:
    """The furnished database for tests of the office, and an empty one for all others."""
    if "office" not in request.fixturenames:
        return migrated_template
    name: str = request.getfixturevalue("furnished_template")
    return name
