"""Passwords, by argon2id with the library's recommended cost.

A hash takes all cores and 64 MiB for a while, so at most two are made at once, in threads of their own.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 1000
AT_ONCE = 2
_HASHER = PasswordHasher()
_HASHING = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _HASHER.hash, password)


async def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. Takes as long where there is none, so that time tells nothing."""
    loop = asyncio.get_running_loop()
    fits = await loop.run_in_executor(_HASHING, _verify, password_hash, password[:LONGEST])
    return fits and password_hash is not None


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
