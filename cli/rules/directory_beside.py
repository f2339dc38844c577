"""Finds the directory file for a rules file, caches it, and reads it again when it changes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from rules_dsl.directory import Directory

_SUFFIX = ".directory.json"


class NoDirectory(Exception):
    """The directory file is missing or has an error; the message says which."""


@dataclass
class DirectoryFiles:
    """The directory files for rules files, cached by path."""

    given: Path | None = None
    """The directory file for all rules files; if None, each rules file uses the one next to it."""
    _cache: dict[Path, tuple[float, Directory]] = field(default_factory=dict)
    """Modification time and content, keyed by path."""

    def directory(self, rules: Path | None) -> Directory:
        """The directory for a rules file; ``rules`` is None for a file that isn't saved yet. Raises ``NoDirectory``."""
        path = self.given or _beside(rules)
        try:
            changed = path.stat().st_mtime
            cached = self._cache.get(path)
            if cached is None or cached[0] != changed:
                data = json.loads(path.read_text("utf-8"))
                if not isinstance(data, dict):
                    raise ValueError("expected an object")
                cached = self._cache[path] = (changed, Directory.from_json(data))
            return cached[1]
        except (OSError, ValueError) as error:
            raise NoDirectory(f"{path}: {error}") from None


def _beside(rules: Path | None) -> Path:
    """For ``desk.rules``: ``desk.directory.json`` in the same folder, or else the only directory file there."""
    if rules is None:
        raise NoDirectory("a file that isn't saved yet has no directory file next to it; pass --directory FILE")
    own = rules.with_suffix(_SUFFIX)
    files = [own] if own.exists() else sorted(rules.parent.glob(f"*{_SUFFIX}"))
    if len(files) == 1:
        return files[0]
    raise NoDirectory(f"no {own.name} next to {rules.name}; pass --directory FILE")
