"""The page on the API: every example is sent, in order, and answered as the page says."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from string import Template
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.testing import WorkflowEnvironment
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.dependencies import Dependencies
from database.stores.access.api_tokens import SCOPES
from database.stores.access.webhooks import keep_source
from domain.escalation import Outcome, State
from tests.architecture.documents import Fence, document, fences, prose
from tests.web.office import RULES, Office, open_office
from web.hooks.signature import zendesk_signature
from workers.registration import build_worker

PAGE = document("docs/api.md")
SECRET = "a secret that Zendesk shows beside its webhook"
ANYTHING = "…"


@dataclass(frozen=True)
class Example:
    """A request as written for a shell, and what the page says is answered."""

    line: int
    command: str
    status: int
    last_line: bool
    answer: str


def examples() -> list[Example]:
    found: list[Example] = []
    asked: Fence | None = None
    for fence in fences(PAGE):
        if fence.language == "sh":
            assert asked is None, f"line {asked and asked.line} has no answer"
            asked = fence
        elif fence.language == "json":
            assert asked is not None, f"line {fence.line} answers nothing"
            status, _, last = fence.words.partition(",")
            found.append(Example(asked.line, asked.text, int(status), bool(last), fence.text))
            asked = None
    return found


def rules() -> str:
    """The boat shop's rules, with those of the page above them."""
    shown = "\n".join(fence.text for fence in fences(PAGE) if fence.language == "rules")
    first = '\nrule "Engine stopped at sea"'
    assert first in RULES
    return RULES.replace(first, f"\n{shown}{first}", 1)


@pytest.fixture
async def running(
    database: AsyncEngine, database_url: str, temporal_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_env.client.service_client.config.target_host)
    async with open_office(database, database_url, rules=rules()) as opened:
        async with database.begin() as conn:
            await keep_source(conn, "harbor", "zendesk", SECRET)
        dependencies = Dependencies(database, opened.app.state.tokens)
        async with build_worker(temporal_env.client, dependencies, runner=SandboxedWorkflowRunner()):
            yield opened


async def test_every_example_is_answered_as_the_page_says(running: Office) -> None:
    known = {"MUSTER": "http://127.0.0.1:8700", "TOKEN": running.api_token}
    async with running.program("") as program:
        del program.headers["Authorization"]
        for example in examples():
            answer = await send(program, example.command, known)
            assert answer.status_code == example.status, (example.line, answer.text)
            said = json.loads(answer.text.splitlines()[-1] if example.last_line else answer.text)
            if "ESCALATION" not in known:
                known["ESCALATION"] = said["id"]
            wanted = json.loads(Template(example.answer).safe_substitute(known))
            assert differences(wanted, said) == [], f"the answer to line {example.line}"


async def send(program: httpx.AsyncClient, command: str, known: Mapping[str, str]) -> httpx.Response:
    """Carry out a `curl` command, as far as the page uses it."""
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:2] == ["curl", "-s"]
    url, headers, body, method = "", {}, None, ""
    rest = iter(words[2:])
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(rest).encode()
        elif word == "-X":
            method = next(rest)
        else:
            assert not word.startswith("-"), word
            url = word
    timestamp = datetime.now(UTC).isoformat()
    signed = {"TIMESTAMP": timestamp, "SIGNATURE": zendesk_signature(SECRET, timestamp, body or b"")}
    filled = {name: Template(value).substitute(known, **signed) for name, value in headers.items()}
    method = method or ("GET" if body is None else "POST")
    return await program.request(method, Template(url).substitute(known), content=body, headers=filled)


def differences(wanted: Any, said: Any, at: str = "") -> list[str]:
    """Where an answer is not what the page shows. ``…`` is anything, also within a text."""
    if wanted == ANYTHING:
        return []
    if isinstance(wanted, str) and isinstance(said, str):
        pattern = re.sub(r"([\[\]*?])", r"[\1]", wanted).replace(ANYTHING, "*")
        return [] if fnmatchcase(said, pattern) else [f"{at}: {said!r}, not {wanted!r}"]
    if isinstance(wanted, dict) and isinstance(said, dict):
        names = [f"{at}/{name} stands on one side only" for name in wanted.keys() ^ said.keys()]
        shared = sorted(wanted.keys() & said.keys())
        return names + [found for name in shared for found in differences(wanted[name], said[name], f"{at}/{name}")]
    if isinstance(wanted, list) and isinstance(said, list) and len(wanted) == len(said):
        pairs = enumerate(zip(wanted, said, strict=True))
        return [found for place, (one, other) in pairs for found in differences(one, other, f"{at}/{place}")]
    return [] if wanted == said else [f"{at}: {said!r}, not {wanted!r}"]


async def test_the_readmes_request_opens_an_escalation(running: Office) -> None:
    (shown,) = [fence.text for fence in fences(document("README.md")) if "curl" in fence.text]
    async with running.program("") as program:
        del program.headers["Authorization"]
        answer = await send(program, shown[shown.index("curl") :], {"TOKEN": running.api_token})
    assert answer.status_code == 201, answer.text
    assert answer.json()["customer_link"]


def test_the_comparison_sees_what_differs() -> None:
    assert differences({"a": [1, "x…"]}, {"a": [1, "xyz"]}) == []
    assert differences({"a": 1}, {"a": 2, "b": 3}) == ["/b stands on one side only", "/a: 2, not 1"]
    assert differences([1], [1, 2]) == [": [1, 2], not [1]"]
    assert differences("x…", "y") == [": 'y', not 'x…'"]


def test_every_state_outcome_and_scope_is_named() -> None:
    named = set(re.findall(r"`([a-z_:]+)`", prose(PAGE)))
    assert {*State, *Outcome, *SCOPES} <= named
