"""`muster simulate` without a database: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from cli.simulate import simulate

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = ("--rules", str(EXAMPLES / "small_team.rules"), "--directory", str(EXAMPLES / "small_team.directory.json"))
SHORT = (*FILES, "--day", "2026-06-01", "--escalations", "8", "--replications", "2")


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(simulate, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_it_compares_three_ways_and_other_staff() -> None:
    code, output = run(*SHORT, "--staff", "Advisor=-1", "--json")
    assert code == 0
    ways = json.loads(output)["ways"]
    assert (ways[0]["name"], ways[-1]["name"]) == ("found at call time", "with Advisor -1")
    assert ways[0]["less_the_first"]["honoured"] == {"mean": 0, "low": 0, "high": 0}
    assert all(0 <= way["figures"]["honoured"]["mean"] <= 1 for way in ways)


def test_it_reports_in_sentences() -> None:
    code, output = run(*SHORT)
    assert code == 0
    assert "1 day from 2026-06-01, 2 replications" in output
    assert "Booked calls taken in time" in output


def test_contradictory_options_are_refused() -> None:
    assert run("--rules", FILES[1])[0] == 2
    assert run(*SHORT, "--past", "4")[0] == 2
    code, output = run(*SHORT, "--staff", "Captain=1")
    assert code == 2
    assert "0 people are" in output
    assert run(*SHORT, "--staff", "Advisor")[0] == 2
