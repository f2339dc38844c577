"""Commands on rules load only what they run: nothing of the database, the web or the workflows."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import rules_dsl
from cli.rules.commands import COMMANDS

HEAVY = {
    "sqlalchemy", "psycopg", "fastapi", "pydantic", "temporalio", "httpx", "holidays", "jinja2", "scipy",
    "database", "web", "workers", "workflows", "activities",
}  # fmt: skip
WITHOUT_DATABASE = ("check", "fmt", "test", "explain", "try")


@pytest.mark.parametrize("name", WITHOUT_DATABASE)
def test_a_command_on_rules_loads_nothing_heavy(name: str) -> None:
    code = f"import sys, cli.main, {COMMANDS[name].module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "rules_dsl.syntax.parser" in loaded
    assert HEAVY & {module.partition(".")[0] for module in loaded} == set()


def test_every_name_of_the_language_can_be_imported() -> None:
    for name in rules_dsl.__all__:
        module = importlib.import_module(f"rules_dsl.{rules_dsl._MODULES[name]}")
        assert getattr(rules_dsl, name) is getattr(module, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = rules_dsl.nothing
