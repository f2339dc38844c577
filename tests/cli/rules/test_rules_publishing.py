"""`muster rules diff`, `publish` and `muster facts`, as a pipeline that owns the rules runs them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.environment import example
from cli.main import main
from database.stores.rules.versions import current_published
from database.stores.staff.seed import Outsider, seed_directory
from rules_dsl.directory import Directory

RULES = example("small_team.rules")
DIRECTORY = example("small_team.directory.json")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MANAGER = Outsider("Signe Lund", "signe.lund@harborboats.example", "manager")


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"MUSTER_DATABASE_URL": database_url, "MUSTER_HOME": str(tmp_path / "home")}


async def seed(database: AsyncEngine) -> None:
    async with database.begin() as conn:
        await seed_directory(conn, Directory.from_json(json.loads(DIRECTORY.read_text())), [MANAGER], NOW)


async def run(desk: dict[str, str], *words: str) -> tuple[int, str]:
    done = await asyncio.to_thread(CliRunner().invoke, main, words, env=desk)
    return done.exit_code, done.output


def rewritten(folder: Path, *changes: tuple[str, str]) -> str:
    text = RULES.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "desk.rules"
    file.write_text(text)
    return str(file)


def diff(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["rules", "diff", *words, "--directory", str(DIRECTORY)])
    return done.exit_code, done.output


def test_a_change_of_comments_moves_no_escalation(tmp_path: Path) -> None:
    code, output = diff(str(RULES), rewritten(tmp_path, ("otherwise", "# the rest\notherwise")))
    assert code == 0
    assert output.startswith("every escalation is treated as before\n")
    assert "+# the rest" in output


def test_diff_shows_moves_with_an_example_then_the_text(tmp_path: Path) -> None:
    after = rewritten(tmp_path, ("product area is billing", "product area is billing or sails"))
    code, output = diff(str(RULES), after)
    assert code == 1
    assert "for example: " in output
    assert "sails" in output
    assert output.index("for example") < output.index("+++ ")
    code, report = diff(str(RULES), after, "--json")
    found: dict[str, Any] = json.loads(report)
    assert (code, found["nothing"], found["complete"]) == (1, False, True)
    assert found["moves"][0]["regions"][0]["example"]


def test_a_file_with_errors_is_not_compared(tmp_path: Path) -> None:
    code, output = diff(str(RULES), rewritten(tmp_path, ('team "Office"', 'team "Ofice"')))
    assert code == 2
    assert "did you mean `Office`?" in output


async def test_publishing_keeps_author_and_reason_and_refuses_what_is_wrong(
    desk: dict[str, str], database: AsyncEngine, tmp_path: Path
) -> None:
    await seed(database)
    why = ("--reason", "from git", "--author", MANAGER.email)
    assert await run(desk, "rules", "publish", str(RULES), *why) == (0, "small_team.rules: version 1, for everybody\n")
    assert (await run(desk, "rules", "publish", str(RULES), *why))[0] == 0, "already published"
    wrong = rewritten(tmp_path, ('team "Office"', 'team "Ofice"'))
    code, output = await run(desk, "rules", "publish", wrong, *why, "--json")
    assert (code, json.loads(output)["version"]) == (2, None)
    failing = rewritten(tmp_path, ('expect "', 'expect "x"\n  then no call\n\nexpect "'))
    code, output = await run(desk, "rules", "publish", failing, *why)
    assert code == 2
    assert "R501" in output
    assert "not published" in output
    async with database.connect() as conn:
        published = await current_published(conn)
    assert published is not None
    assert (published.number, published.author, published.reason) == (1, "Signe Lund", "from git")
    assert published.text == RULES.read_text()


async def test_publishing_in_rollout_steps_and_on_an_outdated_version(
    desk: dict[str, str], database: AsyncEngine, tmp_path: Path
) -> None:
    await seed(database)
    await run(desk, "rules", "publish", str(RULES), "--reason", "first")
    file = rewritten(tmp_path, ("product area is billing", "product area is billing or sails"))
    code, output = await run(desk, "rules", "publish", file, "--reason", "more", "--based-on", "7")
    assert code == 1
    assert "version 1 after you began" in output
    code, output = await run(desk, "rules", "publish", file, "--reason", "more", "--stage", "10")
    assert (code, output) == (0, "desk.rules: version 2, for 10 % of the customers\n")
    code, output = await run(desk, "rules", "publish", rewritten(tmp_path, ("billing", "sails")), "--reason", "again")
    assert code == 1
    assert "is live for" in output
    code, output = await run(desk, "rules", "publish", file, "--reason", "x", "--author", "nobody@example.com")
    assert code == 2
    assert "nobody has the address" in output
    async with database.connect() as conn:
        published = await current_published(conn)
    assert published is not None
    assert published.number == 1


async def test_facts_are_listed_declared_changed_and_removed(desk: dict[str, str], database: AsyncEngine) -> None:
    await seed(database)
    plan = ("contract plan", "--type", "choice", "--value", "silver", "--value", "gold")
    assert await run(desk, "facts", "declare", *plan, "--ordered") == (0, "declared: contract plan\n")
    code, output = await run(desk, "facts", "list")
    assert code == 0
    assert "contract plan            an ordered list: silver, gold\n" in output
    assert json.loads((await run(desk, "facts", "list", "--json"))[1])["contract plan"] == {
        "type": "choice", "values": ["silver", "gold"], "ordered": True, "may_be_missing": True,
    }  # fmt: skip
    assert (await run(desk, "facts", "declare", *plan, "--change"))[0] == 0
    assert (await run(desk, "facts", "remove", "contract plan"))[0] == 0
    assert (await run(desk, "facts", "remove", "contract plan"))[0] == 1
    await run(desk, "rules", "publish", str(RULES), "--reason", "first")
    code, output = await run(desk, "facts", "remove", "product area")
    assert code == 1
    assert "of version 1" in output
