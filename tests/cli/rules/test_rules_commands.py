"""`muster rules`: the output and exit code of each command, without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.rules.commands import rules

EXAMPLES = Path(__file__).parents[3] / "examples"
DIRECTORY = str(EXAMPLES / "forty_agents.directory.json")
RULES = EXAMPLES / "forty_agents.rules"
OUTAGE = '{"priority": "urgent", "issue type": "incident", "ARR": "900k"}'


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(rules, list(words))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def run_json(*words: str) -> tuple[int, Any]:
    code, output = run(*words, "--json")
    return code, json.loads(output)


def changed(folder: Path, old: str, new: str) -> str:
    text = RULES.read_text("utf-8")
    assert old in text
    file = folder / "desk.rules"
    file.write_text(text.replace(old, new), "utf-8")
    return str(file)


def test_check_as_json_locates_each_diagnostic(tmp_path: Path) -> None:
    file = changed(tmp_path, 'team "Trust and Safety"', 'team "Trust"')
    code, output = run_json("check", file, "--directory", DIRECTORY)
    assert (code, output["errors"]) == (2, 1)
    assert (output["messages"][0]["code"], output["messages"][0]["line"]) == ("R201", 39)


def test_fmt_check_reports_and_fmt_writes(tmp_path: Path) -> None:
    file = changed(tmp_path, "  when priority is urgent", "WHEN   priority is urgent #!")
    assert run("fmt", "--check", file, str(RULES)) == (1, f"{file}: would change\n")
    assert run("fmt", file) == (0, f"{file}: formatted\n")
    assert Path(file).read_text("utf-8") == RULES.read_text("utf-8").replace(
        "urgent\n  and issue", "urgent  #!\n  and issue"
    )
    assert run("fmt", "--check", file) == (0, "")
    assert run_json("fmt", file) == (0, [{"file": file, "changed": False, "messages": []}])


def test_fmt_leaves_a_file_it_does_not_understand(tmp_path: Path) -> None:
    file = changed(tmp_path, "otherwise\n", "otherwise\n  be nice\n")
    before = Path(file).read_bytes()
    code, output = run("fmt", file, str(RULES))
    assert code == 2
    assert "desk.rules, line" in output
    assert Path(file).read_bytes() == before


def test_fmt_never_rewrites_what_is_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "desk.rules"
    file.write_bytes(b'rules for "\xff"\n')
    code, output = run("fmt", str(file))
    assert code == 1
    assert "is not UTF-8" in output
    assert file.read_bytes() == b'rules for "\xff"\n'


def test_each_expectation_has_its_result(tmp_path: Path) -> None:
    code, output = run("test", str(RULES), "--directory", DIRECTORY)
    assert code == 0
    assert "holds: every escalation finds a rule (line 144)" in output
    assert "5 of 5 expectations hold" in output
    file = changed(tmp_path, "then no call\n", "then a call\n")
    code, report = run_json("test", file, "--directory", DIRECTORY)
    assert code == 2
    assert [one["result"] for one in report["expectations"]] == ["holds", "fails", "holds", "not run", "not run"]
    assert [diagnostic["code"] for diagnostic in report["expectations"][1]["messages"]] == ["R501"]


def test_a_gap_fails_the_claim_that_every_escalation_finds_a_rule(tmp_path: Path) -> None:
    file = tmp_path / "desk.rules"
    file.write_text(
        'rules for "x"\nrule "A"\n  when reopened\n  send to team "Frontline"\nexpect every escalation finds a rule\n'
    )
    code, report = run_json("test", str(file), "--directory", DIRECTORY)
    assert code == 2
    assert [one["result"] for one in report["expectations"]] == ["fails"]
    assert [diagnostic["code"] for diagnostic in report["expectations"][0]["messages"]] == ["R308"]


def test_a_file_with_errors_is_not_tested(tmp_path: Path) -> None:
    file = changed(tmp_path, 'team "Trust and Safety"', 'team "Trust"')
    code, output = run("test", file, "--directory", DIRECTORY)
    assert code == 2
    assert "not run" in output


def test_explain_shows_lines_rules_above_and_pools() -> None:
    code, output = run("explain", str(RULES), "--directory", DIRECTORY, "--facts", OUTAGE, "--at", "Wed 11:00")
    assert code == 0
    assert output.startswith("Wed 2026-02-04 11:00 in Europe/Berlin: a call\n")
    assert 'line 28: "big customer" (ARR is 900k)' in output
    assert 'lacks skill "incident bridge": Omar Aziz' in output
    facts = ("--facts", '{"issue type": "security", "priority": "low"}')
    code, report = run_json("explain", str(RULES), "--directory", DIRECTORY, *facts, "--at", "2026-02-04T11:00")
    assert (code, report["rule"], report["at"]) == (0, "Security report", "2026-02-04T10:00:00+00:00")
    assert [(one["rule"], one["held"]) for one in report["why"]] == [
        ("Outage for a big customer", False),
        ("Security report", True),
    ]
    assert [step["after"] for step in report["steps"]] == [0, 600, 3600]


def test_try_is_a_timeline(tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text(OUTAGE)
    arguments = (str(RULES), "--directory", DIRECTORY, "--facts", str(facts), "--at", "2026-02-04T10:00Z")
    code, output = run("try", *arguments)
    assert code == 0
    assert '2:00  widen to team "Platform"' in output
    assert "+ Felix Braun (Incident Lead, Incident Response)" in output
    _, report = run_json("try", *arguments)
    assert [step["after"] for step in report["steps"]] == [0, 120, 300, 600]
    code, output = run(
        "try",
        str(RULES),
        "--directory",
        DIRECTORY,
        "--facts",
        '{"replies": 1, "priority": "low", "tier": "free", "ARR": 0}',
    )
    assert (code, output.rstrip().endswith('"Three written replies first; then this becomes a call."')) == (0, True)


@pytest.mark.parametrize(
    ("option", "given", "explanation"),
    [
        ("--facts", '{"prioriti": "urgent"}', "did you mean `priority`?"),
        ("--facts", "{", "--facts"),
        ("--facts", "nowhere.json", "nowhere.json"),
        ("--at", "soon", "found `soon`"),
    ],
)
def test_a_wrong_option_is_explained(option: str, given: str, explanation: str) -> None:
    code, output = run("explain", str(RULES), "--directory", DIRECTORY, option, given)
    assert code == 2
    assert explanation in output


def test_a_file_with_errors_is_not_explained(tmp_path: Path) -> None:
    file = changed(tmp_path, 'team "Trust and Safety"', 'team "Trust"')
    code, output = run("explain", file, "--directory", DIRECTORY)
    assert code == 2
    assert "error R201" in output
