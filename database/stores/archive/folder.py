"""The archive's folder: ``YEAR/MONTH/DAY/SYSTEM-TICKET-ID.json``, by the UTC day of an escalation's opening."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_UNSAFE = re.compile(r"[^A-Za-z0-9]+")
LONGEST_PART = 60
"""Maximum characters of a ticket's system or id in a file name."""


@dataclass(frozen=True)
class ArchiveFolder:
    path: Path

    def file_of(self, escalation_id: str, ticket_system: str, ticket_id: str, opened_at: datetime) -> Path:
        """Where an escalation's document belongs. Nothing in a ticket's id can lead out of the folder."""
        parts = [_UNSAFE.sub("_", part)[:LONGEST_PART] for part in (ticket_system, ticket_id)]
        day = opened_at.astimezone(UTC)
        return self.path / f"{day:%Y/%m/%d}" / f"{'-'.join([*parts, escalation_id])}.json"

    def write(self, file: Path, document: dict[str, Any]) -> None:
        """Write a document so that it survives a crash of the machine once this returns. Raises ``OSError``.

        Other processes see the whole document or none.
        """
        new_folders = [folder for folder in file.parents if not folder.exists()]
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(document, out, ensure_ascii=False, indent=1)
            out.flush()
            os.fsync(out.fileno())
        new.rename(file)
        for folder in {file.parent, *(folder.parent for folder in new_folders)}:
            _sync(folder)

    def read(self, file: Path) -> dict[str, Any] | None:
        """The document, or None if it can't be read here."""
        try:
            document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return document


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
