"""Reading typed fields out of JSON, so that a wrong one is named by its path: ``people[3].team``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class JsonObject:
    """One JSON object and where it stands. Every reader raises ``ValueError`` naming the field."""

    data: Mapping[str, Any]
    path: str = ""

    def _place(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def wrong(self, key: str, wanted: str) -> ValueError:
        return ValueError(f"{self._place(key)}: {wanted}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "a text that is not empty is wanted")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.data.get(key) is not None else None

    def flag(self, key: str, default: bool) -> bool:
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false is wanted")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(key, "a list of texts is wanted")
        if len(set(value)) != len(value):
            raise self.wrong(key, "the same text stands there twice")
        return tuple(value)

    def mapping(self, key: str) -> JsonObject:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "an object is wanted")
        return JsonObject(value, self._place(key))

    def objects(self, key: str) -> Iterator[JsonObject]:
        value = self.data.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "a list is wanted")
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                raise ValueError(f"{self._place(key)}[{index}]: an object is wanted")
            yield JsonObject(item, f"{self._place(key)}[{index}]")

    def members(self) -> Iterator[tuple[str, JsonObject]]:
        for key in self.data:
            if not key.strip():
                raise self.wrong('""', "a name that is not empty is wanted")
            yield key, self.mapping(key)

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.data.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low} to {high} is wanted")
        return value

    def one_of(self, key: str, choices: Mapping[str, int]) -> int:
        """The number that stands for a name."""
        name = self.text(key)
        if name not in choices:
            raise self.wrong(key, f'"{name}" is not declared above')
        return choices[name]
