"""Text that no database or page can hold: NUL and halves of surrogate pairs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.failure import Failure

_UNFIT = re.compile("[\x00\ud800-\udfff]")


@dataclass
class UnfitText(Failure):
    """``field`` is where it stood, as ``customer.name``; empty for the address itself."""

    field: str = ""

    status = 422
    title = "Some of this text can't be read"

    @property
    def detail(self) -> str:
        where = f"“{self.field}”" if self.field else "The address"
        return f"{where} contains characters that are not text. Please remove them and send it again."


def is_unfit(text: str) -> bool:
    return _UNFIT.search(text) is not None


def refuse_unfit(value: Any, field: str = "") -> None:
    """Raise ``UnfitText`` where this value (text, list or mapping, of any depth) holds such text."""
    waiting: list[tuple[str, Any]] = [(field, value)]
    while waiting:
        name, item = waiting.pop()
        if isinstance(item, str) and is_unfit(item):
            raise UnfitText(_shown(name))
        if isinstance(item, Mapping):
            for key, inner in item.items():
                waiting += [(name, str(key)), (f"{name}.{key}".lstrip("."), inner)]
        elif isinstance(item, list | tuple):
            waiting += [(name, inner) for inner in item]


def _shown(name: str) -> str:
    return "".join("?" if is_unfit(letter) else letter for letter in name)
