"""How the formatter writes headings, what rules do, settings and expectations."""

from __future__ import annotations

from rules_dsl.formatter.conditions import (
    listed,
    written,
    written_condition,
    written_duration,
    written_when,
    written_word,
)
from rules_dsl.model.clock_words import DAYS, day_number, minute_of_day
from rules_dsl.syntax.cursor import Cursor
from rules_dsl.syntax.parse_settings import SENTENCES
from rules_dsl.syntax.tokens import Line, TokenKind
from rules_dsl.syntax.tree import Block, BlockKind, DaySpan, GivenFact, Setting
from rules_dsl.syntax.tree_actions import (
    BookSlots,
    DoLine,
    IfNobody,
    NoCall,
    Note,
    OfferBookingOnly,
    OrderBy,
    Prefer,
    Prepare,
    Require,
    SendTo,
    SkillPhrase,
    StepWord,
    TargetPhrase,
)


def written_lines(block: Block) -> dict[int, str]:
    """The lines of a block by their numbers; those of an expectation are written by ``written_expectation``."""
    found = {line.at.line: written_when(line) for line in block.when}
    found |= {line.at.line: written_action(line) for line in block.do}
    found |= {setting.at.line: _setting(setting, block.kind) for setting in block.settings}
    given: dict[int, list[GivenFact]] = {}
    for one in block.given:
        given.setdefault(one.at.line, []).append(one)
    for number, facts in given.items():
        found[number] = "given " + ", ".join(" ".join(written(token) for token in fact.words) for fact in facts)
    return found | {block.at.line: written_heading(block)}


def written_heading(block: Block) -> str:
    if block.kind is BlockKind.EVERY:
        return "expect every escalation finds a rule"
    heading: str = block.kind.value
    if block.name is None:
        return heading
    heading = f'{heading} "{block.name.text}"'
    if block.kind is not BlockKind.HOURS:
        return heading
    zone = f" in {written_word(block.zone)}" if block.zone else ""
    holidays = f", except holidays {written(block.holidays)}" if block.holidays else ""
    return f"{heading} are {' and '.join(_span(span) for span in block.spans)}{zone}{holidays}"


def _span(span: DaySpan) -> str:
    first, last = DAYS[span.days[0]], DAYS[span.days[-1]]
    days = first if len(span.days) == 1 else f"{first} to {last}"
    return f"{days} {_time(span.start)} to {_time(span.end)}"


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def written_expectation(line: Line) -> str:
    """``at``, ``then``, ``and`` and ``after``: of their bare words all are keywords."""
    tokens, first = line.tokens, line.tokens[0].low
    if first == "at":
        day, minute = day_number(tokens[1].text), minute_of_day(tokens[2].text)
        return f"at {DAYS[day or 0]} {_time(minute or 0)}"
    cursor = Cursor(line, 1)
    said = f"after {written_duration(cursor.duration())}" if first == "after" else first
    rest = (token.written if token.kind is TokenKind.NAME else token.low for token in tokens[cursor.index :])
    return f"{said} {' '.join(rest)}".replace(" ,", ",")


def written_action(line: DoLine) -> str:
    match line:
        case SendTo(targets):
            return f"send to {_targets(targets)}"
        case Require(skill):
            return f"require {_skill(skill)}"
        case Prefer(skills):
            return f"prefer {' or '.join(_skill(skill) for skill in skills)}"
        case OrderBy(keys):
            return f"order by {', then '.join(key.text for key in keys)}"
        case IfNobody():
            return f"if nobody in {written_duration(line.after)}, {_step(line)}"
        case OfferBookingOnly():
            return "offer booking only"
        case NoCall(say):
            return f"no call, say {written(say)}"
        case BookSlots(length):
            return f"book slots of {written_duration(length)}"
        case Prepare(before):
            return f"prepare {written_duration(before)} before"
        case Note(text):
            return f"note {written(text)}"


def _step(line: IfNobody) -> str:
    if line.step is StepWord.WIDEN:
        return f"{line.step.value} {_targets(line.targets)}"
    return line.step.value if line.skill is None else f"{line.step.value} {written(line.skill)}"


def _skill(skill: SkillPhrase) -> str:
    said = skill.kind.value if skill.name is None else f"skill {written(skill.name)}"
    return said if skill.level == 1 else f"{said} at level {skill.level}"


def _targets(targets: tuple[TargetPhrase, ...]) -> str:
    """A comma before ``title`` would put it inside the team, an ``or`` before a bare name among the titles."""
    said = _target(targets[0])
    for place, target in enumerate(targets[1:], 2):
        with_or = target.bare is None and (target.team is None or place == len(targets))
        said += f"{' or' if with_or else ','} {_target(target)}"
    return said


def _target(target: TargetPhrase) -> str:
    if target.bare is not None:
        return written(target.bare)
    titles = f"title {' or '.join(written(title) for title in target.titles)}" if target.titles else ""
    return ", ".join(part for part in (f"team {written(target.team)}" if target.team else "", titles) if part)


def _setting(setting: Setting, kind: BlockKind) -> str:
    sentence = next(one for one in SENTENCES[kind] if one.key == setting.key)
    return " ".join(_part(part, setting) for part in sentence.pattern.split())


def _part(part: str, setting: Setting) -> str:
    match part:
        case "{count}" | "{score}":
            return str(setting.number)
        case "{percent}":
            return f"{setting.number}%"
        case "{duration}" | "{durations}":
            return listed([written_duration(duration) for duration in setting.durations], "and")
        case "{name}" if setting.name:
            return written(setting.name)
        case "{word}" if setting.name:
            return written_word(setting.name)
        case "{condition}" if setting.condition:
            return written_condition(setting.condition)
    many, _, one = part.partition("|")
    return one if setting.number == 1 and many.removesuffix("s") == one else many
