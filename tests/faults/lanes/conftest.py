from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.faults.stack import Breakable
from tests.faults.striking.gate import Gate


@pytest.fixture(scope="session")
async def gate(broken: Breakable) -> AsyncIterator[Gate]:
    """The gate in the shared stack's database."""
    gate = Gate(broken.database_url)
    await gate.set_up()
    yield gate
    await gate.close()
