"""Reads typed fields from JSON; errors name the field by its path: ``people[3].team``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class JsonObject:
    """A JSON object and its path.

    Every method that reads a field raises a ``ValueError`` naming that field if it is invalid.
    """

    data: Mapping[str, Any]
    path: str = ""

    def _path(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def error(self, key: str, message: str) -> ValueError:
        return ValueError(f"{self._path(key)}: {message}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "expected a text that is not empty")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.data.get(key) is not None else None

    def flag(self, key: str, default: bool) -> bool:
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "expected true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(key, "expected a list of texts")
        if len(set(value)) != len(value):
            raise self.error(key, "duplicate text")
        return tuple(value)

    def mapping(self, key: str) -> JsonObject:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "expected an object")
        return JsonObject(value, self._path(key))

    def objects(self, key: str) -> Iterator[JsonObject]:
        value = self.data.get(key, [])
        if not isinstance(value, list):
            raise self.error(key, "expected a list")
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                raise ValueError(f"{self._path(key)}[{index}]: expected an object")
            yield JsonObject(item, f"{self._path(key)}[{index}]")

    def members(self) -> Iterator[tuple[str, JsonObject]]:
        for key in self.data:
            if not key.strip():
                raise self.error('""', "expected a name that is not empty")
            yield key, self.mapping(key)

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.data.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.error(key, f"expected a whole number from {low} to {high}")
        return value

    def one_of(self, key: str, choices: Mapping[str, int]) -> int:
        """Read a name and return its id."""
        name = self.text(key)
        if name not in choices:
            raise self.error(key, f'"{name}" is not declared above')
        return choices[name]
