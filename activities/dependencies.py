"""The activities' external dependencies, passed in by the worker."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.ids import Tokens


@dataclass(frozen=True)
class Dependencies:
    engine: AsyncEngine
    tokens: Tokens
