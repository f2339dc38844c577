"""Refuses text that neither the database nor a page can hold: NUL and lone surrogates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.failure import Failure

_UNFIT = re.compile("[\x00\ud800-\udfff]")


@dataclass
class UnfitText(Failure):
    """Text that can't be stored. ``field`` says where it is, such as ``customer.name``; empty for the URL."""

    field: str = ""

    status = 422
    title = "Some of this text can't be read"

    @property
    def detail(self) -> str:
        place = f"“{self.field}”" if self.field else "The address"
        return f"{place} contains characters that are not text. Please remove them and try again."


def is_unfit(text: str) -> bool:
    return _UNFIT.search(text) is not None


def refuse_unfit(value: Any, field: str = "") -> None:
    """Raise ``UnfitText`` if this value (text, list or mapping, of any depth) contains text that can't be stored."""
    unchecked: list[tuple[str, Any]] = [(field, value)]
    while unchecked:
        name, item = unchecked.pop()
        if isinstance(item, str) and is_unfit(item):
            raise UnfitText(_printable(name))
        if isinstance(item, Mapping):
            for key, inner in item.items():
                unchecked += [(name, str(key)), (f"{name}.{key}".lstrip("."), inner)]
        elif isinstance(item, list | tuple):
            unchecked += [(name, inner) for inner in item]


def _printable(name: str) -> str:
    return "".join("?" if is_unfit(letter) else letter for letter in name)
