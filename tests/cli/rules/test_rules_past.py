"""`muster rules past`: a draft compared with the published rules, on escalations in a database."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.main import main
from database.stores.rules.versions import publish
from database.stores.staff.seed import seed_directory
from tests.rules_dsl.desks import directory, rules_text
from tests.web.rules.past import escalated, office_morning

RULES = rules_text("small_team")


async def past_of(engine: AsyncEngine) -> None:
    now = datetime.now(UTC)
    async with engine.begin() as conn:
        await seed_directory(conn, directory("small_team"), [], now)
        await publish(conn, RULES, "Marta Manager", "first", None, now)
    for number in range(3):
        await escalated(engine, number, office_morning(1), {"product area": "billing"})
    await escalated(engine, 7, office_morning(2), {"product area": "sails"})


async def run(url: str, folder: Path, text: str, *words: str) -> tuple[int, str]:
    file = folder / "draft.rules"
    file.write_text(text)
    settings = {"MUSTER_DATABASE_URL": url, "MUSTER_HOME": str(folder / "home")}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["rules", "past", str(file), *words], env=settings)
    return done.exit_code, done.output


async def test_a_backtest_as_text_and_as_json(database: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    await past_of(database)
    draft = RULES.replace('send to team "Office"', 'no call, say "Write to the office."')
    code, output = await run(database_url, tmp_path, draft)
    assert code == 0
    assert output.startswith("4 escalations in the last 4 weeks\n       3  elsewhere\n")
    assert '       3  team "Office" [Invoices] -> no call, "Write to the office." [Invoices]' in output
    assert "2: Ticket 2 (Ines Costa -> nobody)" in output
    assert "     3.0     0.0  Bookkeeper" in output
    assert "       0       3  refused" in output

    code, output = await run(database_url, tmp_path, draft, "--weeks=12", "--json")
    report = json.loads(output)
    assert (code, report["weeks"], report["escalations"]) == (0, 12, 4)
    assert report["changes"] == {"none": 1, "manner": 0, "later": 0, "elsewhere": 3}
    move = report["moves"][0]
    assert (move["change"], move["count"], move["after"]["kind"]) == ("elsewhere", 3, "refused")
    assert move["examples"][0]["before"]["first"] == "Ines Costa"
    assert [pool["after"] for pool in move["examples"][0]["before"]["pools"]] == [0, 180]
    assert report["before"]["called"] == report["after"]["called"] + report["after"]["refused"] == 4


async def test_a_backtest_that_cannot_run_says_why(database: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    async with database.begin() as conn:
        await seed_directory(conn, directory("small_team"), [], datetime.now(UTC))
    code, output = await run(database_url, tmp_path, RULES)
    assert (code, "no rules have been published yet" in output) == (1, True)
    async with database.begin() as conn:
        await publish(conn, RULES, "Marta Manager", "first", None, datetime.now(UTC))
    code, output = await run(database_url, tmp_path, RULES)
    assert (code, output.startswith("0 escalations in the last 4 weeks")) == (0, True)
    code, output = await run(database_url, tmp_path, RULES.replace('"Office"', '"Offise"'))
    assert code == 2
    assert "error R201" in output
