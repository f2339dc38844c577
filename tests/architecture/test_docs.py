"""The documents: their links work, their commands exist, their tables are true."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.main import main
from database.clock import CorrectedClock
from database.engine import open_engine
from database.process_metrics import DatabaseMetrics
from domain.escalation import RELAYED_AT_ONCE
from domain.vital_signs import VitalSigns
from tests.architecture.documents import (
    anchors,
    document,
    documents,
    fences,
    inline_code,
    links,
    table,
)
from tests.architecture.tree import ROOT, named, tracked
from web.loop_watch import LoopWatch
from web.metrics import RequestMetrics
from web.row_metrics import RowMetrics, RowReading
from workers.probe import PartMetrics
from workers.pulse import Pulses

STAGES = ("customer_link", "booking", "waiting", "muster", "call", "wrap_up", "rating")
LAYERS = {"domain": "domain", "activities": "activities", "workflows": "workflows", "database": "database/stores"}
PAGES = documents()
SHELLS = ("sh", "text")
_MUSTER = re.compile(r"(?:(?:^|(?<=[\s/(]))muster|compose run [^\n|]* web) ([a-z][^\n|;&]*)", re.MULTILINE)
_FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)+(?:/|\.(?:py|md|sql|rules|json|yml|html|css|js))")


def in_code(page: Path) -> list[str]:
    """All code on a page: inline, and in blocks for a shell."""
    content = page.read_text("utf-8")
    return [
        *inline_code(content),
        *(fence.text.replace("\\\n", " ") for fence in fences(content) if fence.language in SHELLS),
    ]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_has_a_target(page: Path) -> None:
    content = page.read_text("utf-8")
    for link in links(content):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / unquote(target)).resolve() if target else page
        assert file.exists(), link
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_named_file_exists(page: Path) -> None:
    named_files = [code for code in inline_code(page.read_text("utf-8")) if _FILE.fullmatch(code)]
    assert [name for name in named_files if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", ["docs/first-change.md", "docs/architecture.md", "docs/seats.md"])
def test_every_named_constant_and_test_exists(page: str) -> None:
    code = "\n".join(path.read_text("utf-8") for path in tracked("*.py"))
    names = set(re.findall(r"`([A-Z][A-Z_]{3,}|test_\w+)`", (ROOT / page).read_text("utf-8")))
    names -= {name for name in names if name.startswith("MUSTER_") or name in ("LISTEN", "NOTIFY")}
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", code)] == []


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", document("Makefile"), re.MULTILINE))
    used = {name for page in PAGES for code in in_code(page) for name in re.findall(r"\bmake ([a-z]+)\b", code)}
    assert {"up", "test"} <= used <= targets


def muster_commands() -> Iterator[tuple[str, list[str]]]:
    """Every `muster …` command in the documents: its page and text, and its arguments."""
    for page in PAGES:
        for code in in_code(page):
            for command in _MUSTER.findall(code):
                yield f"{named(page)}: {command}", shlex.split(command.rstrip(")…"), comments=True)


def test_every_command_and_option_exists() -> None:
    seen = set()
    for where, words in muster_commands():
        command: click.Command | None = main
        rest = list(words)
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            command = command.get_command(click.Context(command), rest.pop(0))
        assert command is not None, where
        seen.add(command.name)
        existing = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        used = [word.partition("=")[0] for word in rest if word.startswith("-")]
        assert set(used) <= existing, where
    assert {"up", "migrate", "check", "escalate"} <= seen


def test_the_stage_table_has_every_stage_with_its_file_in_every_layer() -> None:
    rows = table(document("README.md"), "stage")
    assert [row[0].strip("*") for row in rows] == list(STAGES)
    for stage, (_, *cells, web) in zip(STAGES, rows, strict=True):
        for (layer, folder), cell in zip(LAYERS.items(), cells, strict=True):
            inner = "rounds/" if (stage, layer) == ("muster", "domain") else ""
            assert links(cell) == [f"{folder}/{inner}{stage}.py"], (stage, layer)
        assert links(web)
        assert all(file.startswith("web/") for file in links(web))


def test_the_backup_page_says_what_the_drills_showed() -> None:
    drill = document("tests/faults/lanes/test_restored.py")
    page = document("docs/operations.md").partition("## Backups")[2]
    tried = re.findall(r'^ +pytest.param\(.* id="(.+?)"', drill, re.MULTILINE)
    assert [row[0] for row in table(page, "drill")] == tried
    states = re.findall(r'^ {4}lives(?: = \{|\[)"([a-z- ]+)"', drill, re.MULTILINE)
    named_states = re.findall("in each of these states: (.+?)\\. ", page)[0].split(", ")
    assert sorted(named_states) == sorted(states)
    limit = re.findall(r"^WITHIN = (\d+)", drill, re.MULTILINE)[0]
    assert f"within {int(limit) // 60} minutes of the restart" in page


def test_every_promise_names_its_tests() -> None:
    rows = table(document("README.md"), "no.")
    assert [row[0] for row in rows] == [f"P{number}" for number in range(1, 10)]
    for name, _, tested_by, _ in rows:
        tests = links(tested_by)
        assert tests, name
        for test in tests:
            assert re.search(r"^(async )?def test_", document(test), re.MULTILINE), test


def test_decisions_have_the_same_headings_and_are_listed() -> None:
    folder = ROOT / "docs/decisions"
    records = sorted(folder.glob("[0-9]*.md"))
    assert [record.name[:4] for record in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for record in records:
        content = record.read_text("utf-8")
        title, status, *headings = [line for line in content.splitlines() if line.startswith(("#", "Status:"))]
        assert title.startswith(f"# {record.name[:4]}: ")
        assert re.fullmatch(r"Status: (accepted|replaced by \[\d{4}\]\([\w.-]+\))", status), record.name
        assert headings == ["## Context", "## Decision", "## Consequences"], record.name
        assert f"- [{record.name[:4]}]({record.name}): {title[8:]}" in (folder / "README.md").read_text("utf-8")


def test_the_newest_changelog_entry_is_this_version() -> None:
    version = tomllib.loads(document("pyproject.toml"))["project"]["version"]
    assert re.findall(r"^## (.+)$", document("CHANGELOG.md"), re.MULTILINE)[0] == version


def test_every_benchmark_is_documented() -> None:
    benchmarks = re.findall(r'^    "(\w+)": \("', (ROOT / "bench/__main__.py").read_text("utf-8"), re.MULTILINE)
    assert sorted(f"`{name}`" for name in benchmarks) == sorted(
        row[0] for row in table(document("bench/README.md"), "name")
    )


def test_figures_on_the_scale_page_are_measured() -> None:
    rows = table(document("docs/scale.md"), "what")
    assert rows
    for what, figure, result in rows:
        number, source = figure.strip("*"), ROOT / "docs" / links(result)[0]
        measured = re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d,]|\.\d)", source.read_text("utf-8"))
        assert measured, f"{what}: {number} is not in {source.name}, which has newer results"


def test_the_table_of_metrics_lists_each_and_no_other() -> None:
    documented = [row[0].strip("`") for row in table(document("docs/operations.md"), "metric")]
    named = set(re.findall(r"`(muster_[a-z_]+)`", document("docs/operations.md")))
    assert set(documented) == named == exported_metrics()
    assert len(documented) == len(named)


def exported_metrics() -> set[str]:
    """Names of all metrics of our own, as Prometheus shows them."""
    registry = CollectorRegistry()
    RequestMetrics(_no_answer, registry=registry)
    LoopWatch(registry)
    registry.register(PartMetrics(Pulses()))
    registry.register(DatabaseMetrics(known_clock()))
    rows = RowMetrics(open_engine("postgresql://nobody@127.0.0.1/none"))
    rows.show(RowReading(VitalSigns(0, 0.0, 0, 0.0, 0, 0.0, 0, 0, 0.0, 0, 0.0, 0), {}, {}, 0.0))
    registry.register(rows)
    families = [family for family in registry.collect() if family.name.startswith("muster_")]
    return {f"{family.name}_total" if family.type == "counter" else family.name for family in families}


def known_clock() -> CorrectedClock:
    clock = CorrectedClock()
    clock.learn(clock.now(), clock.now(), timedelta(0))
    return clock


async def _no_answer(*_: object) -> None:
    """An application that never answers."""


async def test_documented_queries_run(database: AsyncEngine) -> None:
    blocks = [fence.text for fence in fences(document("docs/operations.md")) if fence.language == "sql"]
    assert blocks
    async with database.connect() as conn:
        for statement in "".join(blocks).split(";"):
            if statement.strip():
                await conn.execute(text(statement))
    relayed_kinds = re.search(r"kind IN \(([^)]*)\)", "".join(blocks))
    assert relayed_kinds is not None
    assert set(re.findall(r"'(\w+)'", relayed_kinds[1])) == {kind.value for kind in RELAYED_AT_ONCE}


@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_the_token_is_found_as_the_page_says(page: str, tmp_path: Path) -> None:
    snippet = re.search(r"TOKEN=\$\(python3 -c '([^']+)'\)", document(page))
    assert snippet is not None
    (tmp_path / ".muster").mkdir()
    (tmp_path / ".muster/credentials.json").write_text(json.dumps({"api_token": "muster_abc", "people": []}))
    done = subprocess.run([sys.executable, "-c", snippet[1]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "muster_abc\n"
