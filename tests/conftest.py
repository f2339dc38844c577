"""Fixtures for every test: real PostgreSQL, databases built by the migrations, Temporal with time skipping."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PurePath, PurePosixPath

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from temporalio.common import SearchAttributeKey
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from cli.stack import postgres
from cli.stack.postgres import Cluster
from cli.stack.temporal import BINARY, SEARCH_ATTRIBUTES
from config.settings import with_driver
from config.temporal import DATA_CONVERTER
from database.migrate import upgrade
from tests.servers import cloned_database, free_port, running_postgres

REAL_TIME = {
    *("browser", "faults"),
    *("test_up.py", "test_foundations.py", "test_start.py", "test_seeding.py", "test_servers.py"),
}
"""Folders and files whose tests run whole stacks or browsers in real time, and never two at a time; so do all files
named ``…_browser.py``."""

DYNAMIC = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    # A workflow is reported as failing at its first failed task; by default at the fifth, about a minute later.
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=1",
)
"""Dynamic settings of Temporal's server."""

IN_MEMORY, BYTES_NEEDED = Path("/dev/shm"), 4 * 2**30
"""Linux's in-memory folder, and the free space that a run may need there."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Put temporary folders in memory: hundreds of databases are created and dropped, ten times faster than on disk.

    Each run has its own folder: pytest makes its shared one inaccessible to PostgreSQL's user whenever a run begins.
    """
    if hasattr(config, "workerinput") or "PYTEST_DEBUG_TEMPROOT" in os.environ:
        return
    if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > BYTES_NEEDED:
        folder = tempfile.mkdtemp(prefix="muster-tests-", dir=IN_MEMORY)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder


def pytest_addoption(parser: pytest.Parser) -> None:
    explanation = "skip tests that need Temporal or a browser, whose clocks faketime doesn't move"
    parser.addoption("--clock-moved", action="store_true", help=explanation)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--clock-moved``, leave out what needs a clock that faketime doesn't move."""
    if config.getoption("--clock-moved"):
        selected = [item for item in items if not _is_in_real_time(item.path) and "temporal_env" not in _fixtures(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in selected])
        items[:] = selected


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """With ``--dist loadscope``, as `make test` runs it, one worker runs the real-time tests, the other all others."""
    return InRealTimeApart(config, log) if config.getvalue("dist") == "loadscope" else None


class InRealTimeApart(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps all real-time tests on one worker, and each other file's on one.

    xdist has groups for this, but they put an end to a test's id that pytest 9.2 no longer reads, so that the tests
    are scattered and every worker starts all stacks and browsers.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        return "real time" if _is_in_real_time(file) else str(file)


def _is_in_real_time(file: PurePath) -> bool:
    return bool({file.parent.name, file.name} & REAL_TIME) or file.stem.endswith("_browser")


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One PostgreSQL server for the whole run."""
    folder = tmp_path_factory.mktemp("cluster")
    with running_postgres(folder) as cluster:
        yield cluster
    shutil.rmtree(folder / "postgres")


@pytest.fixture(scope="session")
def postgres_server(postgres_cluster: Cluster) -> str:
    """Administrator's address of that PostgreSQL (plain ``postgresql://``)."""
    return postgres_cluster.url("postgres")


@pytest.fixture(scope="session")
def migrated_template(postgres_cluster: Cluster) -> str:
    """Name of a migrated, empty database for cloning."""
    postgres.ensure_database(postgres_cluster, "template")
    upgrade(with_driver(postgres_cluster.url("template")))
    return "template"


@pytest.fixture
def template(migrated_template: str) -> str:
    """Name of the database that a test's own is cloned from."""
    return migrated_template


@pytest.fixture
def database_url(postgres_cluster: Cluster, template: str) -> Iterator[str]:
    """Address (``postgresql+psycopg://``) of a migrated database for this test only; empty but for its template."""
    with cloned_database(postgres_cluster, template) as url:
        yield with_driver(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine for this test's own database."""
    engine = create_async_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def temporal_env() -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server whose clock tests advance: ``await env.fast_forward(handle, delta)``.

    Time never skips automatically, so that a message can't race with a deadline. Advancing takes up to a second of
    real time per timer, and overshoots by up to a second.
    """
    async with await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=DATA_CONVERTER,
        dev_server_existing_path=str(BINARY),
        port=free_port(),
        search_attributes=[SearchAttributeKey.for_keyword(name) for name in SEARCH_ATTRIBUTES],
        dev_server_log_level="error",
        dev_server_extra_args=[argument for one in DYNAMIC for argument in ("--dynamic-config-value", one)],
    ) as environment:
        yield environment
