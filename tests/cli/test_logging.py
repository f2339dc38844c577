"""Logs: one line per record, without tokens."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.routing import Route

from config.logging import JsonLines, TextLines, configure, without_tokens
from config.settings import Settings
from web.app import create_app

TOKEN = "q3Zr-_x9" * 5


@pytest.mark.parametrize(
    "text",
    [
        f'GET /c/{TOKEN}/book HTTP/1.1" 303',
        f"https://calls.example.com/join/{TOKEN}?from=mail",
        f"/rate/{TOKEN}",
        f"refused: /sign-in/{TOKEN}",
        f"GET /calendar/{TOKEN}.ics",
        f"GET /c//{TOKEN}",
        f"to=%2Fc%2F{TOKEN}%2Fbook",
        f"Authorization: Bearer muster_{TOKEN}",
        f"postgresql://muster:{TOKEN}@db.example/muster",
    ],
)
def test_tokens_are_removed(text: str) -> None:
    assert TOKEN not in without_tokens(text)
    assert "…" in without_tokens(text)


def test_other_addresses_stay() -> None:
    line = "GET /desk/calls/6b0fe0a5/wrap-up 200"
    assert without_tokens(line) == line


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()])
def test_tracebacks_are_logged_without_tokens(formatter: logging.Formatter) -> None:
    try:
        raise RuntimeError(f"no such link /c/{TOKEN}")
    except RuntimeError:
        record = logging.LogRecord("web", logging.ERROR, __file__, 1, "at %s", (f"/rate/{TOKEN}",), sys.exc_info())
    written = formatter.format(record)
    assert TOKEN not in written
    assert "RuntimeError" in written


@pytest.mark.parametrize(("error", "lines"), [(TimeoutError("too long"), 1), (RuntimeError("a fault"), 4)])
def test_an_activity_that_timed_out_is_one_line(
    error: Exception, lines: int, capsys: pytest.CaptureFixture[str], restored_logging: None
) -> None:
    configure()
    try:
        raise error
    except (TimeoutError, RuntimeError):
        logging.getLogger("temporalio.activity").warning("Completing activity as failed", exc_info=True)
    written = capsys.readouterr().err.splitlines()
    assert len(written) >= lines
    assert (len(written) == 1) is (lines == 1)
    assert type(error).__name__ in written[0 if lines == 1 else -1]


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Undo what ``configure`` changes."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)


def test_tokens_of_every_route_are_removed() -> None:
    app = create_app(Settings(database_url="postgresql://nobody@127.0.0.1/none", secret_key=SecretStr("x" * 32)))
    addresses = [route.path for route in app.routes if isinstance(route, Route) and "{token}" in route.path]
    assert len(addresses) >= 10
    for address in addresses:
        assert TOKEN not in without_tokens(f"GET {address.replace('{token}', TOKEN)} 500"), address


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()])
def test_input_can_not_forge_a_log_line(formatter: logging.Formatter, end: str) -> None:
    forged = f"2026-11-24T10:30:00.123Z ERROR web.app all is lost{end}"
    try:
        raise RuntimeError(f"unknown{end}{forged}")
    except RuntimeError:
        record = logging.LogRecord("web", logging.ERROR, __file__, 1, "at %s", (f"/x{end}{forged}",), sys.exc_info())
    first, *others = formatter.format(record).splitlines()
    assert "all is lost" in first
    assert all(line.startswith("    ") for line in others)


def test_each_json_line_is_one_object() -> None:
    record = logging.LogRecord("web", logging.INFO, __file__, 1, "two\nlines", (), None)
    (line,) = JsonLines().format(record).splitlines()
    assert json.loads(line)["message"] == "two\nlines"


def test_json_lines_keep_the_message() -> None:
    message = "one\u2028two\x85three\x7f\u202efour"
    record = logging.LogRecord("web", logging.INFO, __file__, 1, message, (), None)
    (line,) = JsonLines().format(record).splitlines()
    assert json.loads(line)["message"] == message
