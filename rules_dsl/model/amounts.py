"""Numbers, money and durations as people write them, parsed exactly, without floats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_MONEY = re.compile(r"([$€£¥]?)([0-9]{1,12}(?:\.[0-9]{1,6})?)([kmb]?)([€]?)")
_CURRENCIES = {
    "$": frozenset({"USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN", "CLP", "COP", "ARS"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP", "GIP", "LBP"}),
    "¥": frozenset({"JPY", "CNY"}),
}
"""The currencies that each sign may mean."""
_THOUSANDS = 3
"""How many digits follow the sign between thousands."""
_NUMBER_WITH_UNIT = re.compile(r"([0-9.]+)([a-z]+)")
_SCALE = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
_WITHOUT_MINOR_UNITS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
_UNITS = {
    **dict.fromkeys(("second", "seconds", "sec", "secs", "s"), 1),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), 60),
    **dict.fromkeys(("hour", "hours", "h"), 3600),
    **dict.fromkeys(("day", "days"), 86400),
    **dict.fromkeys(("week", "weeks"), 7 * 86400),
}
_UNIT_NAMES = {1: "second", 60: "minute", 3600: "hour", 86400: "day", 7 * 86400: "week"}
LONGEST = 10 * 366 * 86400
"""The longest duration that the language allows, ten years, in seconds."""


@dataclass(frozen=True)
class ParsedDuration:
    """A duration at the start of a line: seconds, or working days."""

    seconds: int
    working_days: int
    tokens: int
    """Number of tokens parsed."""


def read_whole(word: str) -> int | None:
    return int(word) if re.fullmatch(r"[0-9]{1,12}", word) else None


def read_duration(words: Sequence[str]) -> ParsedDuration | None:
    """Parse a duration at the start of lower-case words: ``90 seconds``, ``1 hour 30 minutes``, ``2 working days``."""
    if len(words) >= 3 and words[1] == "working" and words[2] in ("day", "days"):
        number = read_whole(words[0])
        return ParsedDuration(0, number, 3) if number is not None and number <= 3660 else None
    total, taken = Decimal(0), 0
    while (part := _part(words[taken : taken + 2])) is not None:
        total, taken = total + part[0], taken + part[1]
    if not taken or total != int(total) or total > LONGEST:
        return None
    return ParsedDuration(int(total), 0, taken)


def spell_out_duration(words: Sequence[str]) -> str:
    """Spell out the units in a duration that ``read_duration`` accepts: ``90s`` becomes ``90 seconds``."""
    if len(words) == 3 and words[1] == "working":
        return f"{words[0]} working day{'' if words[0] == '1' else 's'}"
    spelled: list[str] = []
    for word in words:
        together = _NUMBER_WITH_UNIT.fullmatch(word)
        for part in (together[1], together[2]) if together else (word,):
            spelled.append(
                part if part not in _UNITS else _UNIT_NAMES[_UNITS[part]] + ("" if spelled[-1] == "1" else "s")
            )
    return " ".join(spelled)


def _part(words: Sequence[str]) -> tuple[Decimal, int] | None:
    if not words:
        return None
    together = _NUMBER_WITH_UNIT.fullmatch(words[0])
    if together and together[2] in _UNITS and _NUMBER.fullmatch(together[1]):
        return Decimal(together[1]) * _UNITS[together[2]], 1
    if len(words) == 2 and _NUMBER.fullmatch(words[0]) and words[1] in _UNITS:
        return Decimal(words[0]) * _UNITS[words[1]], 2
    return None


def read_money(word: str, currency: str) -> int | None:
    """Parse an amount of money into minor units: ``250k`` in EUR becomes 25,000,000 cents.

    None if the text isn't an amount. Ask ``foreign_sign`` and ``clearer_amounts`` too before taking it from anybody.
    """
    found = _MONEY.fullmatch(word.lower())
    if found is None:
        return None
    return minor_units(Decimal(found[2]) * _SCALE[found[3]], currency)


def minor_units(amount: Decimal, currency: str) -> int | None:
    """An amount in minor units; None if it isn't a whole number of them."""
    minor = amount * (1 if currency in _WITHOUT_MINOR_UNITS else 100)
    return int(minor) if minor == int(minor) else None


def foreign_sign(word: str, currency: str) -> str | None:
    """The sign of an amount of money that belongs to other currencies; None if there is none."""
    found = _MONEY.fullmatch(word.lower())
    signs = (found[1], found[4]) if found else ()
    return next((sign for sign in signs if sign and currency not in _CURRENCIES[sign]), None)


def clearer_amounts(word: str, currency: str) -> tuple[str, ...]:
    """For an amount with more than two digits after its point, what may be meant, written clearly; otherwise empty.

    Half of the world writes ``250.000`` for 250 thousand.
    """
    found = _MONEY.fullmatch(word.lower())
    whole, _, decimals = found[2].partition(".") if found else ("", "", "")
    if found is None or len(decimals) < _THOUSANDS:
        return ()
    scale = "M" if found[3] == "m" else found[3]
    possible = [f"{whole}{decimals}{scale}"] if len(decimals) == _THOUSANDS else []
    kept = decimals.rstrip("0")
    if len(kept) < _THOUSANDS:
        possible.append(f"{whole}.{kept}{scale}" if kept else f"{whole}{scale}")
    else:
        amount = minor_units(Decimal(found[2]) * _SCALE[found[3]], currency)
        possible += [format_money(amount, currency)] if amount is not None else []
    readable = (read_money(one, currency) for one in possible)
    return tuple(dict.fromkeys(format_money(amount, currency) for amount in readable if amount is not None))


def format_money(amount: int, currency: str) -> str:
    minor = 1 if currency in _WITHOUT_MINOR_UNITS else 100
    whole, rest = divmod(amount, minor)
    for scale, letter in ((1_000_000, "M"), (1_000, "k")):
        if not rest and whole and whole % scale == 0:
            return f"{whole // scale}{letter}"
    return f"{whole}.{rest:02d}" if rest else str(whole)


def format_duration(seconds: int) -> str:
    """Format a duration in the largest unit that divides it evenly: ``3 minutes``."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            count = seconds // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
