"""Guesses what a line that isn't in the language was meant to say. The guesses still have to be checked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules_dsl.analysis.clock_spellings import clock_rewritten
from rules_dsl.analysis.spellings import AMOUNTS, BEGINNINGS, PHRASES
from rules_dsl.directory import Directory
from rules_dsl.syntax.diagnostics import nearest

_AND_VALUES = re.compile(r"(?<=\sis )(.+) and (?:not )?(.+)", re.IGNORECASE)
_GIVEN = re.compile(r"^(\s*given )(.*)$", re.IGNORECASE)
_CONDITION = re.compile(r"^(\s*(?:when|and|or when|unless)) (?:the )?(.+)$", re.IGNORECASE)
_OWNER = re.compile(r"^(?:the )?(?:ticket|customer|client|account|user|it|this|call)(?:['’]?s)?\s+", re.IGNORECASE)
_TWO_SENTENCES = re.compile(
    r"^(\s*)((?:when|if|and|unless|or when|where) .+?)(?:,? then|,|:|\s*(?:→|=>|->))?\s+"
    r"((?:please )?(?:send|assign|route|escalate|forward) .*|no call.*|offer booking only)$",
    re.IGNORECASE,
)
_FUNCTION = re.compile(r"^(\s*)(when|and|or when|unless) (and|or) ?\((.*)\)\s*$", re.IGNORECASE)
_TARGET = re.compile(
    r"^(\s*send to |.*\bwiden to |\s*(?:then|and|after .*?)(?: also| not)? )"
    r"(?:the )?((?:team |title )?)[\"']?([^\"',]+?)[\"']?(?: team)?\s*$",
    re.IGNORECASE,
)
_BARE_TARGET = re.compile(r'(?<=")(?: (?:and|or|&|\+)|,(?: or)?) (?="([^"]*)")')
_BARE_TAGS = re.compile(r"\b(tags (?:do not )?include) ([^\"“]+)$", re.IGNORECASE)
_IN_ENGLISH = {
    "deutsch": "german", "de": "german", "français": "french", "fr": "french", "español": "spanish", "es": "spanish",
    "italiano": "italian", "it": "italian", "nederlands": "dutch", "nl": "dutch", "dansk": "danish", "da": "danish",
    "en": "english", "svenska": "swedish", "sv": "swedish", "polski": "polish", "pl": "polish",
}  # fmt: skip
"""Languages as they call themselves, and their codes."""
_EVERYBODY = re.compile(r"^(\s*(?:send|widen) to )(?:every|any)(?:one|body)|all(?: agents| teams)?\s*$", re.IGNORECASE)
_OFFICE = re.compile(r"\b(outside|during|in|inside|within) (?:of )?(?:the |our )?(?:business|office|opening|working|"
                     r"support|service|desk) hours\b", re.IGNORECASE)  # fmt: skip
_REQUIRE_LANGUAGE = re.compile(r"^(\s*)(require|prefer|must speak|speaks?)\b.*", re.IGNORECASE)


def rewritten(line: str, directory: Directory, hours: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield what may be meant, likeliest first. Keeps the indent; the line has no comment.

    ``hours`` are the names of the file's opening hours.
    """
    two = _TWO_SENTENCES.match(line)
    if two is not None:
        first, second = (_spelled(f"{two[1]}{one}", directory, hours) for one in (two[2], two[3]))
        yield f"{first}\n{second}"
        yield f'rule "New rule"\n  {first.strip()}\n  {second.strip()}'
    several = _FUNCTION.match(line)
    if several is not None:
        parts = [part.strip() for part in re.split(r"[,;]", several[4])]
        leads = [several[2], *[{"and": "and", "or": "or when"}[several[3].lower()]] * (len(parts) - 1)]
        lines = (f"{several[1]}{lead} {part}" for lead, part in zip(leads, parts, strict=True))
        yield "\n".join(_spelled(one, directory, hours) for one in lines)
    spelled = _spelled(line, directory, hours)
    if spelled != line:
        yield spelled
        yield from names_meant(spelled, directory)
    apart = _apart(spelled, directory)
    if apart != spelled:
        yield apart
    timed = clock_rewritten(spelled)
    if timed != spelled and re.match(r"\s*(?:hours|at)\b", spelled, re.IGNORECASE):
        yield timed
    joined = _AND_VALUES.sub(r"\1 or \2", spelled)
    if joined != spelled:
        yield joined
    yield from _meant_by_word(spelled, directory)


def names_meant(line: str, directory: Directory) -> Iterator[str]:
    """Yield the line with the team or title that it may mean."""
    target = _TARGET.match(line)
    if target is None:
        return
    yield from (f"{target[1]}{one}" for one in _targets(target[3], directory))
    parts = [re.sub(r"^the | team$", "", part) for part in re.split(r",? (?:or|and) |, ", target[3])]
    found = [next(_targets(part, directory), "") for part in parts]
    if len(parts) > 1 and all(found):
        yield f"{target[1]}{' or '.join(found)}"


def _spelled(line: str, directory: Directory, hours: tuple[str, ...]) -> str:
    for pattern, replacement in BEGINNINGS:
        line = pattern.sub(replacement, line, count=1)
    if line.lstrip().startswith(("#", "note")):
        return line
    for pattern, replacement in (*PHRASES, *AMOUNTS):
        line = pattern.sub(replacement, line)
    line = _facts(line, directory)
    if re.match(r"\s*(?:send|.*widen) to", line):
        line = re.sub(r'(?<= to )(?="([^"]*)")', lambda found: _kind(found[1], directory), line)
        line = _BARE_TARGET.sub(lambda found: f" or {_kind(found[1], directory)}", line)
        line = _EVERYBODY.sub(lambda found: found[1] + _everybody(directory), line) if _EVERYBODY.match(line) else line
    line = _BARE_TAGS.sub(_quoted_tags, line)
    given = _GIVEN.match(line)
    if given is not None and '"' not in line:
        line = given[1] + re.sub(r" and ", ", ", given[2])
    if len(hours) == 1:
        inside = {"outside": "outside"}
        line = _OFFICE.sub(lambda found: f'{inside.get(found[1].lower(), "during")} hours "{hours[0]}"', line)
    return re.sub(r"(?<=\S)[ \t]{2,}", " ", line).rstrip()


def _quoted_tags(found: re.Match[str]) -> str:
    joined = re.sub(r"[\w-]+", lambda word: word[0] if word[0] in ("and", "or") else f'"{word[0]}"', found[2])
    return f"{found[1]} {joined}"


def _facts(line: str, directory: Directory) -> str:
    """``the ticket is reopened``, ``customer's tier is``: without the owner of a fact."""
    condition = _CONDITION.match(line)
    if condition is None:
        return line
    rest = condition[2]
    facts = [fact.name for fact in directory.facts]
    flags = "|".join(re.escape(fact.name) for fact in directory.facts if fact.kind == "yes/no")
    without = _OWNER.sub("", rest)
    if any(re.match(rf"{re.escape(name)}\b", without, re.IGNORECASE) for name in facts):
        rest = without
    if flags:
        rest = re.sub(
            rf"^(?:{_OWNER.pattern[1:]})?(?:is|was|has been|gets?) (not )?({flags})$", r"\1\2", rest, flags=re.I
        )
        rest = re.sub(rf"^({flags}) is (?:yes|true)$", r"\1", rest, flags=re.IGNORECASE)
        rest = re.sub(rf"^({flags}) is (?:no|false)$", r"not \1", rest, flags=re.IGNORECASE)
    return f"{condition[1]} {rest}"


def _apart(line: str, directory: Directory) -> str:
    """Each condition about another fact on a line of its own."""
    facts = "|".join(re.escape(fact.name) for fact in directory.facts)
    indent = line[: len(line) - len(line.lstrip())]
    if _CONDITION.match(line) is None or not facts:
        return line
    line = re.sub(rf" and (?=(?:not )?(?:{facts})\b)", rf"\n{indent}and ", line, flags=re.IGNORECASE)
    return re.sub(rf" or (?=(?:not )?(?:{facts})\b)", rf"\n{indent}or when ", line, flags=re.IGNORECASE)


def _meant_by_word(line: str, directory: Directory) -> Iterator[str]:
    """A value without its fact, or before it; a language that is required by its name."""
    condition = _CONDITION.match(line)
    if condition is not None:
        yield from (f"{condition[1]} {one}" for one in _facts_meant(condition[2], directory))
    translated = re.sub(r"(?<= is )(\w+)$", lambda found: _IN_ENGLISH.get(found[1].lower(), found[1]), line)
    if translated != line and "language" in line.lower():
        yield translated
    spoken = next((fact.values for fact in directory.facts if fact.name == "language"), ())
    required = _REQUIRE_LANGUAGE.match(line)
    if required is not None and any(re.search(rf"\b{re.escape(one)}\b", line, re.IGNORECASE) for one in spoken):
        yield f"{required[1]}{'prefer' if required[2].lower() == 'prefer' else 'require'} the customer's language"


def _facts_meant(said: str, directory: Directory) -> Iterator[str]:
    """``urgent``, ``urgent tickets``, ``customer is strategic``, ``area is billing``: with the name of the fact."""
    for fact in directory.facts:
        after = rf"(?: (?:is )?{re.escape(fact.name)}|s| (?:tickets?|customers?|calls?))?"
        for value in fact.values:
            if re.match(rf"^(?:{_OWNER.pattern[1:]})?(?:is )?{re.escape(value)}{after}$", said, re.IGNORECASE):
                yield f"{fact.name} is {value}"
        last = re.escape(fact.name.split()[-1])
        named = re.sub(rf"^{last} (?=is\b)", f"{fact.name} ", said, flags=re.IGNORECASE)
        if named != said and " " in fact.name:
            yield named


def _kind(name: str, directory: Directory) -> str:
    if directory.team_named(name) is not None:
        return "team "
    return "title " if directory.title_named(name) is not None else ""


def _everybody(directory: Directory) -> str:
    return " or ".join(f'team "{team.name}"' for team in directory.teams)


def _targets(name: str, directory: Directory) -> Iterator[str]:
    for kind, groups in (("team", directory.teams), ("title", directory.titles)):
        near = nearest(name, [group.name for group in groups])
        if near is not None:
            yield f'{kind} "{near}"'
