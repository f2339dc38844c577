"""How people write days and times of day: ``9am``, ``weekdays``, ``Mon–Fri``, ``24/7``. Guesses, to be checked."""

from __future__ import annotations

import re

from rules_dsl.model.clock_words import DAYS, day_number

_DASH = r"\s*[-–—]\s*"
_TIME = r"(?:\d{1,2}(?:[:.h]\d{2})?)"
_DAY = r"(?:mon|tues?|wed|thur?s?|fri|sat|sun)(?:[a-z]*day)?s?"
_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))? ?([ap])\.?m\b\.?", re.IGNORECASE)
_BARE = re.compile(r"(?<![\d:.,])(\d{1,2})(?:[.h](\d{2}))?(?: ?(?:h|uhr|o'clock))?(?![\d:.,/%])\b")
_RANGE = re.compile(rf"(?<![\d:])({_TIME}){_DASH}({_TIME})(?![\d:])")
_DAY_RANGE = re.compile(rf"\b({_DAY}){_DASH}({_DAY})\b", re.IGNORECASE)
_DAY_WORD = re.compile(rf"\b{_DAY}\b", re.IGNORECASE)
_DAY_LIST = re.compile(rf"\bare ({_DAY}(?:(?:\s*,\s*|\s+and\s+){_DAY})+) (\d\d?:\d\d to \d\d?:\d\d)", re.IGNORECASE)
_OVERNIGHT = re.compile(r"\b([A-Z][a-z]{2,})(?: to ([A-Z][a-z]{2,}))? (\d\d?:\d\d) to (\d\d?:\d\d)")
_SHORT_DAYS = {"mo": 0, "tu": 1, "di": 1, "we": 2, "mi": 2, "th": 3, "do": 3, "fr": 4, "sa": 5, "su": 6, "so": 6}
_SHORT_DAY = re.compile(rf"\b({'|'.join(_SHORT_DAYS)})\b", re.IGNORECASE)
_SPAN = r"\d\d?:\d\d to \d\d?:\d\d"
_SAME_DAYS = re.compile(rf"\b([A-Z][a-z]{{2}}(?: to [A-Z][a-z]{{2}})?) ({_SPAN})(?:,| and|, and) ({_SPAN})")
_NEXT_DAYS = re.compile(rf"({_SPAN}), (?=[A-Z][a-z]{{2}} )")
_HOLIDAYS = re.compile(r",? (?:except|excluding|without|but not)(?: on)? (?:public |bank |all )?holidays?(?: in| of)? "
                       r"[\"“']?(\w+)[\"”']?\s*$", re.IGNORECASE)  # fmt: skip
_WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"\b24/7\b|\baround the clock\b|\balways\b", "Mon to Sun 00:00 to 24:00"),
        (r"\b(?:on )?(?:weekdays|working days|business days|workdays)\b", "Mon to Fri"),
        (r"\b(?:on )?(?:weekends?|the weekend)\b", "Sat to Sun"),
        (r"\b(?:daily|every day|all week|all days)\b", "Mon to Sun"),
        (r"\bfrom (?=\d)", ""),
        (r"(?<=\d) (?:until|till|til|through) (?=\d)", " to "),
        (r"\b(are|is):? (?:from |open )?", "are "),
    )
)


def clock_rewritten(line: str) -> str:
    """A line of opening hours or an example's moment, with its days and times as the language writes them."""
    line = _CLOCK.sub(_of_twelve, line)
    if line.lstrip().lower().startswith("hours"):
        line = re.sub(r"^(\s*hours) ([^\"“]+?) (?=are\b|is\b|:)", r'\1 "\2" ', line)
        for pattern, replacement in _WORDS:
            line = pattern.sub(replacement, line)
        line = _SHORT_DAY.sub(lambda found: DAYS[_SHORT_DAYS[found[1].lower()]], line)
        line = _HOLIDAYS.sub(r', except holidays "\1"', line)
    line = _DAY_RANGE.sub(r"\1 to \2", line)
    line = _DAY_WORD.sub(_day, line)
    line = _RANGE.sub(r"\1 to \2", line)
    quoted, rest = re.match(r'(\s*hours\s+"[^"]*"|\s*at\b)?(.*)', line, re.DOTALL).groups()  # type: ignore[union-attr]
    line = (quoted or "") + _BARE.sub(_plain, rest)
    line = re.sub(rf"^(\s*at) (\d\d:\d\d) (?:on )?({'|'.join(DAYS)})", r"\1 \3 \2", line)
    line = _DAY_LIST.sub(_each_day, line)
    line = _NEXT_DAYS.sub(r"\1 and ", _SAME_DAYS.sub(r"\1 \2 and \1 \3", line))
    return _OVERNIGHT.sub(_past_midnight, line)


def _day(found: re.Match[str]) -> str:
    word = found[0].lower()
    number = day_number(word.removesuffix("s")) if word.endswith("days") else day_number(word[:3])
    return found[0] if number is None else DAYS[number]


def _of_twelve(found: re.Match[str]) -> str:
    hour = int(found[1]) % 12 + 12 * (found[3].lower() == "p")
    return f"{hour:02d}:{found[2] or '00'}"


def _plain(found: re.Match[str]) -> str:
    return f"{int(found[1]):02d}:{found[2] or '00'}" if int(found[1]) <= 24 else found[0]


def _each_day(found: re.Match[str]) -> str:
    days = re.split(r"\s*,\s*|\s+and\s+", found[1])
    return "are " + " and ".join(f"{day} {found[2]}" for day in days)


def _past_midnight(found: re.Match[str]) -> str:
    first, last = day_number(found[1]), day_number(found[2] or found[1])
    opens, closes = (tuple(map(int, clock.split(":"))) for clock in (found[3], found[4]))
    if first is None or last is None or opens < closes:
        return found[0]
    days, following = ((DAYS[(one + shift) % 7], DAYS[(two + shift) % 7])
                       for shift, one, two in ((0, first, last), (1, first, last)))  # fmt: skip
    before, after = (one if one == two else f"{one} to {two}" for one, two in (days, following))
    until = f" and {after} 00:00 to {found[4]}" if closes > (0, 0) else ""
    return f"{before} {found[3]} to 24:00{until}"
