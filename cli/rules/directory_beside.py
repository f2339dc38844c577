"""Which directory file a rules file is checked against, read anew when it changes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from rules_dsl.directory import Directory

_ENDING = ".directory.json"


class NoDirectory(Exception):
    """Nothing to look names up in; the text says why."""


@dataclass
class DirectoriesBeside:
    given: Path | None = None
    """The one file for all rules files; else each is looked for beside its rules file."""
    _read: dict[Path, tuple[float, Directory]] = field(default_factory=dict)

    def directory(self, rules: Path | None) -> Directory:
        """Raises ``NoDirectory``."""
        path = self.given or _beside(rules)
        try:
            changed = path.stat().st_mtime
            known = self._read.get(path)
            if known is None or known[0] != changed:
                data = json.loads(path.read_text("utf-8"))
                if not isinstance(data, dict):
                    raise ValueError("an object is wanted")
                known = self._read[path] = (changed, Directory.from_json(data))
            return known[1]
        except (OSError, ValueError) as wrong:
            raise NoDirectory(f"{path}: {wrong}") from None


def _beside(rules: Path | None) -> Path:
    """``desk.directory.json`` beside ``desk.rules``, or the only one in its folder."""
    if rules is None:
        raise NoDirectory("a file that was not saved yet has no directory beside it; say --directory FILE")
    own = rules.with_suffix(_ENDING)
    found = [own] if own.exists() else sorted(rules.parent.glob(f"*{_ENDING}"))
    if len(found) == 1:
        return found[0]
    raise NoDirectory(f"no {own.name} beside {rules.name}; say --directory FILE")
