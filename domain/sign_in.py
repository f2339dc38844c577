"""Signing in: roles, accounts, and why a sign-in is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.failure import Failure


class Role(StrEnum):
    AGENT = "agent"
    MANAGER = "manager"
    OPS = "ops"
    ADMIN = "admin"


@dataclass(frozen=True)
class Account:
    person_id: int
    name: str
    email: str
    roles: frozenset[str]
    password_hash: str | None
    """Argon2id. None if this person signs in by link only."""


@dataclass
class NotSignedIn(Failure):
    title = "Please sign in"


@dataclass
class RoleMissing(Failure):
    """Signed in, but without a role that may open this page."""

    needs: tuple[str, ...]

    title = "This page isn't for your role"

    @property
    def detail(self) -> str:
        return f"It is for: {', '.join(self.needs) or 'nobody'}. An administrator can change what you may open."


@dataclass
class SignInRefused(Failure):
    """The address is unknown, the password is wrong, or there is no password; the answer doesn't say which."""

    title = "This address and password don't match"

    @property
    def detail(self) -> str:
        return f"{self.title}. Check both, or ask an administrator for a sign-in link."


@dataclass
class SignInLinkUnknown(Failure):
    title = "This address does not lead anywhere"


@dataclass
class SignInLinkUsed(Failure):
    title = "This sign-in link has been used"

    @property
    def detail(self) -> str:
        return "A sign-in link works once. Ask an administrator for a new one, or sign in with your password."


@dataclass
class SignInLinkExpired(Failure):
    title = "This sign-in link has expired"

    @property
    def detail(self) -> str:
        return "Ask an administrator for a new one, or sign in with your password."


@dataclass
class TooManyMisses(Failure):
    """Rate limit: too many wrong tokens or passwords from one address, or too many sign-in attempts for one account."""

    retry_after: int
    """In seconds."""

    title = "Too many tries"

    @property
    def detail(self) -> str:
        wait = "a second" if self.retry_after == 1 else f"{self.retry_after} seconds"
        return f"Please wait {wait} and try again."
