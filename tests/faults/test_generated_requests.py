"""Other programs are understood: requests generated from the OpenAPI document find no fault in it, nor in the API."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.web.office import Office, office, ticket
from tests.web.serving import served
from web.http_protocol import PunctualHttp

__all__ = ["office"]

GENERATOR = Path(sys.executable).with_name("schemathesis")
EXAMPLES = 15
"""Requests generated for each operation, besides the edge cases of each field. The same ones in every run."""


SETTINGS = """
[parameters]
"path.escalation_id" = "{escalation}"
"path.email" = "ines.costa@harborboats.example"
"path.day" = "{day}"
"query.day" = "{day}"

[checks.positive_data_acceptance]
# 422 too: rules, the directory, the clock and other fields decide what no JSON schema can say.
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
"""


@pytest.mark.lanes
async def test_generated_requests_get_what_the_openapi_document_promises(office: Office, tmp_path: Path) -> None:
    """All checks are on: statuses, types, headers and bodies of answers, wrong requests refused, right ones taken, no
    answer without a token, created things found and ended ones not.
    """
    async with office.program() as program:
        day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        opened = (await program.post("/api/v1/escalations", json=ticket())).json()
    (tmp_path / "schemathesis.toml").write_text(SETTINGS.format(escalation=opened["id"], day=day))
    async with served(office, PunctualHttp) as port:
        generating = await asyncio.create_subprocess_exec(
            GENERATOR,
            "run",
            f"http://127.0.0.1:{port}/api/v1/openapi.json",
            f"--url=http://127.0.0.1:{port}",
            f"--header=Authorization: Bearer {office.api_token}",
            "--checks=all",
            f"--max-examples={EXAMPLES}",
            "--generation-deterministic",
            "--no-color",
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await generating.communicate()
    assert generating.returncode == 0, said.decode()
