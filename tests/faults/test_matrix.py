"""The matrix of faults names tests that exist."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.tree import ROOT
from tests.faults.lanes.test_killed import DEATHS
from tests.faults.matrix import KILLS, MATRIX, Outcomes


@pytest.mark.parametrize("trial", sorted({trial for trial in MATRIX.values() if trial}))
def test_every_fault_names_a_test_that_exists(trial: str) -> None:
    file, _, name = trial.partition("::")
    tree = ast.parse((ROOT / file).read_text())
    tests = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    assert not name or name.partition("[")[0] in tests


def test_every_kill_is_in_the_matrix() -> None:
    assert {f"{KILLS}[{death}]" for death in DEATHS} <= set(MATRIX.values())


def test_a_fault_with_a_failed_test_is_red() -> None:
    outcomes = Outcomes({"a.py::one": False, "a.py::two": True, "b.py::one[x]": False}, {"b.py::one[x]": 2.0})
    assert outcomes.row("a fault", "a.py").split() == ["a", "fault", "tried", "red"]
    assert outcomes.row("a fault", "b.py::one[x]").split() == ["a", "fault", "tried", "green", "2.0", "s"]
    assert outcomes.row("a fault", None).split() == ["a", "fault", "not", "tried"]
