"""Parses the settings blocks, whose sentences are patterns with gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rules_dsl.syntax.cursor import Cursor
from rules_dsl.syntax.diagnostics import BadLine, Diagnostic
from rules_dsl.syntax.parse_conditions import read_condition
from rules_dsl.syntax.tokens import Line
from rules_dsl.syntax.tree import BlockKind, Setting
from rules_dsl.syntax.tree_conditions import Phrase


@dataclass(frozen=True)
class SettingSentence:
    """The pattern of one sentence of a settings block."""

    key: str
    pattern: str
    """Words, and gaps in braces; ``a|b`` matches either word."""
    example: str


ALERTS = ("alert the team lead", "alert the duty manager")
"""Whom ``{alert}`` can name; ``Setting.number`` is the place here."""

SENTENCES: dict[BlockKind, tuple[SettingSentence, ...]] = {
    BlockKind.HEAD: (
        SettingSentence("time zone", "time zone {word}", "time zone Europe/Copenhagen"),
        SettingSentence("currency", "currency {word}", "currency EUR"),
    ),
    BlockKind.LIMITS: (
        SettingSentence(
            "calls a day", "at most {count} calls|call a|per day per|an agent", "at most 5 calls a day per agent"
        ),
        SettingSentence(
            "title calls",
            "at most {count} calls|call a|per day for title {name}",
            'at most 2 calls a day for title "Principal Engineer"',
        ),
        SettingSentence("shift share", "at most {percent} of a shift in calls", "at most 75% of a shift in calls"),
        SettingSentence("more", "up to {count} more when {condition}", "up to 1 more when priority is urgent"),
        SettingSentence("gap", "at least {duration} between calls", "at least 10 minutes between calls"),
        SettingSentence(
            "shift end", "no call in the last {duration} of a shift", "no call in the last 30 minutes of a shift"
        ),
    ),
    BlockKind.BOOKING: (
        SettingSentence("slots", "slots of {duration}", "slots of 20 minutes"),
        SettingSentence("start every", "start every {duration}", "start every 15 minutes"),
        SettingSentence("back to back", "back to back", "back to back"),
        SettingSentence("notice", "notice of {duration}", "notice of 2 hours"),
        SettingSentence("horizon", "up to {duration} ahead", "up to 5 working days ahead"),
        SettingSentence(
            "bookings a day",
            "at most {count} bookings|booking a|per day per|an agent",
            "at most 3 bookings a day per agent",
        ),
        SettingSentence("reserve", "keep {percent} in reserve", "keep 15% in reserve"),
        SettingSentence("hours", "during hours {name}", 'during hours "office"'),
    ),
    BlockKind.CALLS: (
        SettingSentence("prepare", "prepare {duration} before", "prepare 5 minutes before"),
        SettingSentence("offer", "offer for {duration}", "offer for 45 seconds"),
        SettingSentence("accept", "accept automatically", "accept automatically"),
        SettingSentence("wait", "wait {duration} for the customer", "wait 10 minutes for the customer"),
        SettingSentence("wrap-up", "wrap-up of {duration}", "wrap-up of 5 minutes"),
    ),
    BlockKind.REMINDERS: (
        SettingSentence(
            "customer", "remind the customer {durations} before", "remind the customer 1 day and 1 hour before"
        ),
        SettingSentence("agent", "remind the agent {durations} before", "remind the agent 10 minutes before"),
    ),
    BlockKind.FEEDBACK: (
        SettingSentence(
            "ask", "ask for a score {duration} after the call", "ask for a score 30 minutes after the call"
        ),
        SettingSentence("again", "ask again once after {duration}", "ask again once after 2 days"),
        SettingSentence("never again", "never ask again", "never ask again"),
        SettingSentence(
            "every", "at most 1 survey every {duration} per customer", "at most 1 survey every 14 days per customer"
        ),
        SettingSentence(
            "alert",
            "tell the team lead when the score is under {score}",
            "tell the team lead when the score is under 3",
        ),
        SettingSentence(
            "follow up",
            "follow up within {duration} by title {name} , then {alert}",
            'follow up within 1 working day by title "Support Lead", then alert the team lead',
        ),
    ),
    BlockKind.LINKS: (
        SettingSentence("live", "live call link expires after {duration}", "live call link expires after 20 minutes"),
        SettingSentence("booking", "booking link expires after {duration}", "booking link expires after 5 days"),
        SettingSentence("survey", "survey link expires after {duration}", "survey link expires after 14 days"),
    ),
}


def setting_line(cursor: Cursor, kind: BlockKind) -> Setting | None:
    """Parse a line as a setting; None if no sentence in the block begins like it. Raises ``BadLine``."""
    furthest, closest_error = 0, None
    for sentence in SENTENCES[kind]:
        attempt = Cursor(cursor.line, example=sentence.example)
        progress, result = _match(attempt, sentence)
        if isinstance(result, Setting):
            return result
        if progress > furthest:
            furthest, closest_error = progress, result
    if closest_error is not None:
        raise BadLine(closest_error)
    return None


def home_of(line: Line) -> BlockKind | None:
    """The settings block in which the line would be correct."""
    for kind, sentences in SENTENCES.items():
        if any(isinstance(_match(Cursor(line), sentence)[1], Setting) for sentence in sentences):
            return kind
    return None


def _match(cursor: Cursor, sentence: SettingSentence) -> tuple[int, Setting | Diagnostic]:
    """How many parts of the pattern matched, and the resulting setting or error."""
    setting = Setting(sentence.key, cursor.whole())
    progress = 0
    try:
        for part in sentence.pattern.split():
            setting = _fill(cursor, part, setting)
            progress += 1
        cursor.end()
    except BadLine as bad:
        return progress, bad.diagnostic
    return progress, setting


def _fill(cursor: Cursor, part: str, setting: Setting) -> Setting:
    match part:
        case "{count}":
            return replace(setting, number=cursor.count(1, 1000))
        case "{score}":
            return replace(setting, number=cursor.count(1, 6))
        case "{percent}":
            return replace(setting, number=cursor.count(0, 100, percent=True))
        case "{duration}":
            return replace(setting, durations=(cursor.duration(),))
        case "{durations}":
            durations = [cursor.duration()]
            while cursor.take(",", "and") or cursor.take(",") or cursor.take("and"):
                durations.append(cursor.duration())
            return replace(setting, durations=tuple(durations))
        case "{name}":
            return replace(setting, name=cursor.name("a name"))
        case "{word}":
            token = cursor.next_token("a word")
            return replace(setting, name=Phrase(token.text, cursor.since(cursor.index - 1)))
        case "{alert}":
            cursor.need("alert", "the")
            for nth, words in enumerate(ALERTS):
                if cursor.take(*words.split()[2:]):
                    return replace(setting, number=nth)
            cursor.refuse_expected("`team lead` or `duty manager`")
        case "{condition}":
            return replace(setting, condition=read_condition(cursor))
    if not any(cursor.take(choice) for choice in part.split("|")):
        cursor.refuse_expected(f"`{part.split('|')[0]}`")
    return setting
