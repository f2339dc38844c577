"""One stack for all fault tests, and a trial for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.calls.relay import VARIABLES
from tests.faults.stack import Breakable, breakable_stack
from tests.faults.trial import FaultTrial, begin_trial
from tests.workflows.replaying import replay_all


@pytest.fixture(scope="session")
async def broken(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Breakable]:
    """A running stack whose processes tests may kill."""
    async with breakable_stack(tmp_path_factory.mktemp("faults") / "home", VARIABLES) as stack:
        yield stack


@pytest.fixture
async def trial(broken: Breakable, request: pytest.FixtureRequest) -> AsyncIterator[FaultTrial]:
    """A trial on that stack. Afterwards, every history that it left behind must replay."""
    async with begin_trial(broken, request.node.name) as running:
        yield running
        # After a failure, agents of the next trial must not take this one's calls.
        await running.withdraw_all()
    if running.recoveries:
        request.node.user_properties.append(("recovery", max(running.recoveries)))
    await replay_all(await broken.temporal(), running.began)
