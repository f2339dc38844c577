"""Logs: one line a record, and no token in any."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from config.logging import JsonLines, TextLines, without_tokens

TOKEN = "q3Zr-_x9" * 5


@pytest.mark.parametrize(
    "text",
    [
        f'GET /c/{TOKEN}/book HTTP/1.1" 303',
        f"https://calls.example.com/join/{TOKEN}?from=mail",
        f"/rate/{TOKEN}",
        f"refused: /sign-in/{TOKEN}",
        f"Authorization: Bearer muster_{TOKEN}",
        f"postgresql://muster:{TOKEN}@db.example/muster",
    ],
)
def test_tokens_are_taken_out(text: str) -> None:
    assert TOKEN not in without_tokens(text)
    assert "…" in without_tokens(text)


def test_other_addresses_stay() -> None:
    line = "GET /desk/calls/6b0fe0a5/wrap-up 200"
    assert without_tokens(line) == line


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()])
def test_failures_too_are_written_without_tokens(formatter: logging.Formatter) -> None:
    try:
        raise RuntimeError(f"no such link /c/{TOKEN}")
    except RuntimeError:
        record = logging.LogRecord("web", logging.ERROR, __file__, 1, "at %s", (f"/rate/{TOKEN}",), sys.exc_info())
    written = formatter.format(record)
    assert TOKEN not in written
    assert "RuntimeError" in written


def test_json_lines_are_one_object_each() -> None:
    record = logging.LogRecord("web", logging.INFO, __file__, 1, "two\nlines", (), None)
    (line,) = JsonLines().format(record).splitlines()
    assert json.loads(line)["message"] == "two\nlines"
