"""Passwords, by argon2id with the library's recommended cost, checked off the event loop."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 1000
_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


async def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. Takes as long where there is none, so that time tells nothing."""
    fits = await asyncio.to_thread(_verify, password_hash or _nobodys(), password[:LONGEST])
    return fits and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return hash_password("nobody has this password")
