"""All that the language says about a rules file, one entry a code. Every code has its page in docs/messages/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class DiagnosticText:
    """What is said under one code."""

    severity: Severity
    text: str
    helps: tuple[str, ...] = ()
    """Each is shown when all words in its braces are known."""


def _error(text: str, *helps: str) -> DiagnosticText:
    return DiagnosticText("error", text, helps)


def _warning(text: str, *helps: str) -> DiagnosticText:
    return DiagnosticText("warning", text, helps)


_EXAMPLE = "for example: {example}"
_MEANT = "did you mean {nearest}?"

WRITING = {
    "R101": _error(
        "`{found}` is not a sentence that `{inside}` knows",
        "did you mean `{nearest}`?",
        "a line here begins with {known}",
    ),
    "R102": _error("a quote is opened and never closed", "put `\"` after the name"),
    "R103": _error("`{found}` stands where {what} is wanted, and names are quoted", 'try: "{found}"', _EXAMPLE),
    "R104": _error("the quotes are empty where {what} is wanted", _EXAMPLE),
    "R105": _error("the line ends where {wanted} is wanted", _EXAMPLE),
    "R106": _error("{wanted} is wanted here, and `{found}` stands there", _EXAMPLE),
    "R107": _error(
        "`{found}` is not a length of time", "write a number, then seconds, minutes, hours or days", _EXAMPLE
    ),
    "R108": _error("`{found}` is not {wanted}", _EXAMPLE),
    "R109": _error("`{found}` is out of range: from {low} to {high}", _EXAMPLE),
    "R110": _error("`{found}` is left over at the end of the line", _EXAMPLE),
    "R111": _error("`{found}` belongs in {home}, not in `{inside}`"),
    "R112": _error("`{heading}` stands alone on its line", "try: {heading}"),
    "R113": _error("`{found}` opens no block", "did you mean `{nearest}`?"),
    "R114": _error(
        "`{found}` stands before any heading", 'a file begins with its desk, such as: rules for "Harbor Boats support"'
    ),
    "R115": _error(
        "`{found}` is not a step", "did you mean `{nearest}`?",
        "a step is `widen to`, `drop skill`, `drop preferred skills`, `alert the team lead`, "
        "`alert the duty manager` or `offer booking`",
    ),
    "R116": _error("`{found}` is not a way to order people", "did you mean `{nearest}`?", "the ways are {known}"),
    "R117": _error("`{found}` is neither a team nor a title", 'write: team "…", or title "…"', _EXAMPLE),
    "R118": _error(
        "`{found}` is not a condition", "a condition is a fact and what it is, such as: priority is urgent"
    ),
    "R119": _error("one condition a line, and here a second one follows `{found}`", "on the next line: {instead}"),
    "R120": _error(
        "`{found}` is a sign; conditions are written in words",
        "write `is`, `is not`, `is at least`, `is at most`, `is over` or `is under`",
    ),
    "R121": _error("`{found}` stands where {wanted} is wanted", _EXAMPLE),
    "R122": _error("{most} lines are wrong; the rest of the file was not read", "begin with the first message"),
    "R123": _error("the file is too large: at most {most} bytes are read"),
    "R124": _error("the file holds a character without a meaning (NUL)", "save it as plain text"),
    "R125": _error(
        "`{found}` is not something that can come out", "did you mean `{nearest}`?",
        'what can come out: rule "…", team "…", title "…", a call, booking only, no call',
    ),
    "R126": _error(
        "`{found}` is not a skill", 'write: skill "…", the customer\'s language, or skill of this product area'
    ),
    "R127": _error("`not` stands before a yes-or-no fact or a defined name, not before `{found}`", "write: … is not …"),
    "R128": _error("`or` and `and` are mixed between these tags", "put one of them on a line of its own"),
    "R129": _error("`{found}` ends before it begins",
                   "past midnight, write: Fri 22:00 to 24:00 and Sat 00:00 to 06:00"),
    "R130": _error("`{found}` stands where no `when` came before", "begin with `when`"),
    "R131": _error("a second `when` in one rule",
                   "to ask for both, write: and {rest}", "for either, write: or when {rest}"),
    "R132": _error("`{found}` stands after `unless`; `unless` comes last", "move it above the `unless` line"),
    "R133": _error("`{found}` stands below what the rule does; conditions come first", "move it above"),
    "R134": _error("the line is longer than {most} characters"),
}  # fmt: skip

_PEOPLE_HELPS = ('{person} is in team "{team}" as "{title}"', "try: {instead}")

NAMES = {
    "R201": _error('there is no team "{found}"', 'did you mean "{nearest}"?', 'the teams are {known}'),
    "R202": _error('"{found}" is a person; rules choose a team or a title, never a person', *_PEOPLE_HELPS),
    "R203": _error('there is no title "{found}"', 'did you mean "{nearest}"?', 'the titles are {known}'),
    "R204": _error('there is no skill "{found}"', 'did you mean "{nearest}"?', 'the skills are {known}'),
    "R205": _error("there is no fact `{found}`", "did you mean `{nearest}`?", "the facts are {known}"),
    "R206": _error("`{found}` is no value of `{fact}`", "did you mean `{nearest}`?", "its values are {known}"),
    "R207": _error('nothing is defined as "{found}"', 'did you mean "{nearest}"?', 'write a block: define "{found}"'),
    "R208": _error('there are no hours "{found}"', 'did you mean "{nearest}"?',
                   'write a line: hours "{found}" are Mon to Fri 08:30 to 16:30'),
    "R209": _error("`{found}` is not a time zone", "did you mean {nearest}?", "for example: Europe/Copenhagen"),
    "R210": _error('there is no holiday calendar "{found}"', 'did you mean "{nearest}"?', 'the calendars are {known}'),
    "R211": _error('there is no rule "{found}"', 'did you mean "{nearest}"?'),
    "R212": _error("`{fact}` is {kind}, and cannot be asked like this", "write: {instead}"),
    "R213": _error("`{found}` is not {wanted}, as `{fact}` needs", _EXAMPLE),
    "R214": _error("there is no fact `product area` with values, so `{found}` means nothing here"),
    "R215": _warning("the desk's {what} is {known}, and this file says {found}",
                     "hours without a zone follow {zone}"),
    "R216": _error("`{found}` is neither a team nor a title; say which", 'try: {instead}'),
    "R217": _warning("no product area has a skill of its name, so `{found}` asks for nothing"),
    "R218": _error("`{found}` is the upper end of `{fact}`, and lies below the lower one",
                   "write the smaller one first"),
    "R219": _error("there is no fact `language`, so `{found}` means nothing here"),
    "R220": _error("these opening hours are too many", "at most {most} in a file, each of at most {spans} spans"),
}  # fmt: skip

STRUCTURE = {
    "R301": _error("the file has no rule and no `otherwise`", 'for example: otherwise, and below it: send to team "…"'),
    "R302": _error('there is already a rule "{found}" (line {line})', "give one of them another name"),
    "R303": _error("`{found}` stands there twice (first in line {line})", "join the two"),
    "R304": _error("this step does not come after the one above it ({before})",
                   "times count from the start of the search, and each is later than the one above"),
    "R305": _error("{rule} does not say where the call goes", 'add: send to team "…"', 'or: no call, say "…"'),
    "R306": _error("{rule} does not say when it applies", "add a line: when …", "for every escalation: when anything"),
    "R307": _warning("the rule {found} is never reached", "{because}", "move it above, or delete it"),
    "R308": _error("some escalations match no rule", "for example: {example}", "none takes: {region}",
                   "nor: {second}", "nor: {third}", 'end the list with "otherwise"'),
    "R309": _error("{found} is defined by itself", "it goes in a circle: {circle}"),
    "R310": _error("`{found}` contradicts `{other}` (line {line})", "keep one of them"),
    "R311": _error("nothing comes after `otherwise`, so this rule is never reached", "move it above `otherwise`"),
    "R312": _warning('nobody in team "{team}" is a "{title}"', 'the titles there are {known}'),
    "R313": _warning("nobody has {found}, so nobody can be asked", "the pool of this rule is empty"),
    "R314": _error("the file does not say whose rules these are", 'begin with: rules for "{desk}"'),
    "R315": _error("`{found}` is asked for twice in {rule} (first in line {line})", "keep one of them"),
    "R316": _warning("this step drops what the rule does not ask for"),
    "R317": _error("this expectation says nothing about what must come out", 'add a line: then team "…"'),
    "R318": _error("{name} has no conditions", "add a line: when …"),
    "R319": _error("{found} is built from too many definitions", "at most {deep} deep and {most} lines together"),
    "R320": _error("`{found}` cannot be counted in working days", "write hours or days"),
    "R321": _warning("`{fact}` is never missing, so this {always}"),
    "R322": _error("slots of {slot} are too {size}", "a slot is between one second and a day long"),
    "R323": _warning('nobody is in "{found}"', "a call sent there finds nobody"),
    "R324": _warning("the rule {found} can never apply", "{because}", "for either of them, write: or when …"),
    "R325": _warning("this way into the rule {found} can never be taken", "{because}"),
    "R326": _warning("this step adds nobody", "{because}"),
    "R327": _warning("not all could be proven: the search grew too large", "not looked at to the end: {found}"),
    "R328": _warning("nobody has the call yet {found} before it, so this reminds nobody",
                     "people are asked from {prepare} before a call, at the earliest",
                     "remind the agent later, or prepare earlier (the block `calls`)"),
}  # fmt: skip

MISSING_FACTS = {
    "R401": _warning("where `{fact}` is unknown, neither {one} nor {found} applies",
                     "for example: {example}", "then {instead} applies",
                     "if one of them should: or when {fact} is unknown"),
}  # fmt: skip

EXPECTATIONS = {
    "R501": _error("it does not come out as expected: {found}", "what comes out: {instead}", "because {because}"),
    "R502": _error('it can happen: "{found}"', "for example: {example}", 'then the rule "{rule}" applies'),
    "R503": _error("no rule takes this example", 'end the list with "otherwise"'),
    "R504": _warning("this claim is too large to prove", "say it with fewer facts and fewer tags"),
}

CATALOGUE: dict[str, DiagnosticText] = {**WRITING, **NAMES, **STRUCTURE, **MISSING_FACTS, **EXPECTATIONS}
