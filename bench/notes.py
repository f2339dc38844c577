"""The figures of a long benchmark, kept in a file, so that a run that was interrupted goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@dataclass(frozen=True)
class Notes:
    file: Path

    async def once(self, name: str, kind: type[T], measure: Callable[[], Awaitable[T]]) -> T:
        """What was noted under this name; if nothing was, it is measured and noted."""
        noted: dict[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}
        adapter = TypeAdapter(kind)
        if name in noted:
            return adapter.validate_python(noted[name])
        found = await measure()
        print(f"{name}: measured", flush=True)
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps(noted | {name: adapter.dump_python(found)}, indent=1))
        draft.replace(self.file)
        return found
