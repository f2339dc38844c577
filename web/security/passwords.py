"""Password hashing with argon2id at the library's recommended cost.

One hash keeps several cores and 64 MiB busy, so at most two run at a time, in their own threads.
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
    """Whether the password matches the hash. Equally slow without a hash, so timing doesn't reveal accounts."""
    loop = asyncio.get_running_loop()
    matches = await loop.run_in_executor(_HASHING, _verify, password_hash, password[:LONGEST])
    return matches and password_hash is not None


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _decoy_hash(), password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _decoy_hash() -> str:
    return _HASHER.hash("nobody has this password")
