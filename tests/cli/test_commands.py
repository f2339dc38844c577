"""The command line, and the commands that need nothing running."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import COMMANDS, HIDDEN, main
from cli.rules.commands import rules
from cli.stack.home import choose_ports
from tests.cli.running import environment, run_muster
from tests.servers import free_port

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SMALL_TEAM = EXAMPLES / "small_team.directory.json"


def check(file: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(rules, ["check", str(file), "--directory", str(SMALL_TEAM), *options])
    return done.exit_code, done.output


def test_help_lists_every_command_that_is_for_people() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    for name, (_, line, _) in COMMANDS.items():
        assert (f"{name} " in shown) == (name not in HIDDEN)
        assert name in HIDDEN or line.split()[0] in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert len(shown.output.splitlines()) > 4


def test_the_example_rules_are_clean() -> None:
    code, output = check(EXAMPLES / "small_team.rules", "--strict")
    assert code == 0, output
    assert "0 errors" in output


def test_an_error_in_a_rules_file_is_located_and_exits_with_2(tmp_path: Path) -> None:
    broken = tmp_path / "broken.rules"
    text = (EXAMPLES / "small_team.rules").read_text().replace('team "Office"', 'team "Ofice"')
    broken.write_text(text)
    code, output = check(broken)
    assert code == 2, output
    assert "broken.rules, line" in output


def test_an_invalid_directory_file_is_refused_with_the_field(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"desk": 7}))
    done = CliRunner().invoke(rules, ["check", str(EXAMPLES / "small_team.rules"), "--directory", str(wrong)])
    assert done.exit_code == 2
    assert "wrong.json: time_zone" in done.output


def test_a_process_without_a_database_names_the_missing_setting(tmp_path: Path) -> None:
    done = run_muster(environment(tmp_path, 8700), "migrate")
    assert done.returncode == 1
    assert "set MUSTER_DATABASE_URL" in done.stderr


@pytest.mark.parametrize("command", ["migrate", "seed", "export"])
def test_an_unreachable_database_is_reported_in_one_line(command: str, tmp_path: Path) -> None:
    unreachable = f"postgresql://muster:word@127.0.0.1:{free_port()}/muster"
    done = run_muster({**environment(tmp_path, 8700), "MUSTER_DATABASE_URL": unreachable}, command)
    assert done.returncode == 1
    assert "the database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_invalid_setting_ends_a_command_with_its_name(tmp_path: Path) -> None:
    done = run_muster({**environment(tmp_path, 8700), "MUSTER_PORT": "many"}, "migrate")
    assert done.returncode == 1
    assert "MUSTER_PORT" in done.stderr


def test_an_id_alone_is_not_enough_to_escalate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    done = CliRunner().invoke(main, ["escalate", "--ticket", "4711", "--email", "a@b.example"])
    assert done.exit_code == 2
    assert "--ticket-url" in done.output


def test_ports_stay_the_same_while_they_are_free() -> None:
    first = choose_ports(("postgres", "temporal"), 47110, {})
    assert choose_ports(("postgres", "temporal"), 1, first) == first
    assert len(set(first.values())) == 2
