"""Password hashing with argon2id at the library's recommended cost.

One hash keeps several cores and 64 MiB busy, so at most two run at a time, in their own threads.
"""

from __future__ import annotations

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from database.bounded_threads import BoundedThreads

SHORTEST = 12
HARD_ENOUGH = 3
"""The least of zxcvbn's scores, 0 to 4, that a new password needs: more than a hundred million guesses."""
_WEIGHED = 72
"""How many characters are weighed; longer ones take the library quadratic time."""
LONGEST = 1000
AT_ONCE, WAITING = 2, 40
NICENESS = 5
"""A flood of sign-ins takes the processor time that desks and customers leave."""
_WORDS = re.compile(r"[^\w]+")
_HASHER = PasswordHasher()
_HASHING = BoundedThreads("passwords", at_once=AT_ONCE, waiting=WAITING, niceness=NICENESS)


async def hash_password(password: str) -> str:
    return await _HASHING.run(_HASHER.hash, password)


async def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether the password matches the hash. Equally slow without a hash, so timing doesn't reveal accounts."""
    matches = await _HASHING.run(_verify, password_hash, password[:LONGEST])
    return matches and password_hash is not None


async def is_easy_to_guess(password: str, *about: str) -> bool:
    """Whether this is a common password, a pattern, or made of what is known ``about`` the person: address and name."""
    return await _HASHING.run(_is_easy, password, about)


def _is_easy(password: str, about: tuple[str, ...]) -> bool:
    # The library doesn't look for words in mail addresses.
    words = {word for one in about for word in (one, *_WORDS.split(one)) if word}
    score: int = zxcvbn(password[:_WEIGHED], user_inputs=sorted(words))["score"]
    return score < HARD_ENOUGH


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _decoy_hash(), password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _decoy_hash() -> str:
    return _HASHER.hash("nobody has this password")
