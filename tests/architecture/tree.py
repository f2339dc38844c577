"""The project's own files, as listed by git."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("rules_dsl", "domain", "activities", "workflows", "database", "web", "workers", "cli", "config")


def tracked(*patterns: str) -> list[Path]:
    """Every committed or not ignored file that matches one of the patterns."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def sources() -> list[Path]:
    """The Python files of the application itself."""
    return tracked(*(f"{package}/*.py" for package in PACKAGES))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))
