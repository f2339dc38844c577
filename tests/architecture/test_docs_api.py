"""The API page: every example is sent, in order, and gets the documented answer."""

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
from database.stores.access.webhooks import add_source
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
    """A request as a shell command, and its documented answer."""

    line: int
    command: str
    status: int
    last_line: bool
    answer: str


def examples() -> list[Example]:
    found: list[Example] = []
    request: Fence | None = None
    for fence in fences(PAGE):
        if fence.language == "sh":
            assert request is None, f"line {request and request.line} has no answer"
            request = fence
        elif fence.language == "json":
            assert request is not None, f"line {fence.line} answers nothing"
            status, _, last = fence.words.partition(",")
            found.append(Example(request.line, request.text, int(status), bool(last), fence.text))
            request = None
    return found


def rules() -> str:
    """The boat shop's rules, with those of the page before them."""
    page_rules = "\n".join(fence.text for fence in fences(PAGE) if fence.language == "rules")
    first = '\nrule "Engine stopped at sea"'
    assert first in RULES
    return RULES.replace(first, f"\n{page_rules}{first}", 1)


@pytest.fixture
async def running(
    database: AsyncEngine, database_url: str, temporal_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_env.client.service_client.config.target_host)
    async with open_office(database, database_url, rules=rules()) as opened:
        async with database.begin() as conn:
            await add_source(conn, "harbor", "zendesk", SECRET)
        dependencies = Dependencies(database, opened.app.state.tokens)
        async with build_worker(temporal_env.client, dependencies, runner=SandboxedWorkflowRunner()):
            yield opened


async def test_every_example_gets_the_documented_answer(running: Office) -> None:
    variables = {"MUSTER": "http://127.0.0.1:8700", "TOKEN": running.api_token}
    async with running.program("") as program:
        del program.headers["Authorization"]
        for example in examples():
            answer = await send(program, example.command, variables)
            assert answer.status_code == example.status, (example.line, answer.text)
            body = json.loads(answer.text.splitlines()[-1] if example.last_line else answer.text)
            if "ESCALATION" not in variables:
                variables["ESCALATION"] = body["id"]
            expected = json.loads(Template(example.answer).safe_substitute(variables))
            assert differences(expected, body) == [], f"the answer to line {example.line}"


async def send(program: httpx.AsyncClient, command: str, variables: Mapping[str, str]) -> httpx.Response:
    """Run a `curl` command; supports the options that the page uses."""
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
    filled = {name: Template(value).substitute(variables, **signed) for name, value in headers.items()}
    method = method or ("GET" if body is None else "POST")
    return await program.request(method, Template(url).substitute(variables), content=body, headers=filled)


def differences(expected: Any, actual: Any, at: str = "") -> list[str]:
    """Where an answer differs from the page. ``…`` matches anything, also within a text."""
    if expected == ANYTHING:
        return []
    if isinstance(expected, str) and isinstance(actual, str):
        pattern = re.sub(r"([\[\]*?])", r"[\1]", expected).replace(ANYTHING, "*")
        return [] if fnmatchcase(actual, pattern) else [f"{at}: {actual!r}, not {expected!r}"]
    if isinstance(expected, dict) and isinstance(actual, dict):
        unpaired = [f"{at}/{name} is on one side only" for name in expected.keys() ^ actual.keys()]
        shared = sorted(expected.keys() & actual.keys())
        return unpaired + [
            line for name in shared for line in differences(expected[name], actual[name], f"{at}/{name}")
        ]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [line for index, (one, other) in pairs for line in differences(one, other, f"{at}/{index}")]
    return [] if expected == actual else [f"{at}: {actual!r}, not {expected!r}"]


async def test_the_readmes_request_opens_an_escalation(running: Office) -> None:
    (example,) = [fence.text for fence in fences(document("README.md")) if "curl" in fence.text]
    async with running.program("") as program:
        del program.headers["Authorization"]
        answer = await send(program, example[example.index("curl") :], {"TOKEN": running.api_token})
    assert answer.status_code == 201, answer.text
    assert answer.json()["customer_link"]


def test_the_comparison_finds_differences() -> None:
    assert differences({"a": [1, "x…"]}, {"a": [1, "xyz"]}) == []
    assert differences({"a": 1}, {"a": 2, "b": 3}) == ["/b is on one side only", "/a: 2, not 1"]
    assert differences([1], [1, 2]) == [": [1, 2], not [1]"]
    assert differences("x…", "y") == [": 'y', not 'x…'"]


def test_every_state_outcome_and_scope_is_documented() -> None:
    named = set(re.findall(r"`([a-z_:]+)`", prose(PAGE)))
    assert {*State, *Outcome, *SCOPES} <= named
