"""The texts of all diagnostics, by code. Every code has its own page in docs/messages/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class DiagnosticText:
    """The severity, text and help lines for one code, as format strings."""

    severity: Severity
    text: str
    helps: tuple[str, ...] = ()
    """Each help line is shown only if all of its placeholders have values."""
    still_runs: bool = False
    """An error that prevents publishing, but not the loading of a text that an earlier release published with it."""


def _error(text: str, *helps: str) -> DiagnosticText:
    return DiagnosticText("error", text, helps)


def _later_error(text: str, *helps: str) -> DiagnosticText:
    """An error that earlier releases did not report: published texts with it still load, and mean what they meant."""
    return DiagnosticText("error", text, helps, still_runs=True)


def _warning(text: str, *helps: str) -> DiagnosticText:
    return DiagnosticText("warning", text, helps)


_EXAMPLE = "for example: {example}"

SYNTAX = {
    "R101": _error(
        "unknown sentence in `{inside}`: `{found}`",
        "did you mean `{nearest}`?",
        "a line in this block begins with {known}",
        "`{childless}` has no lines below its heading",
    ),
    "R102": _error("unclosed quote", 'add `"` after the name'),
    "R103": _error("expected {expected} in quotes, found `{found}`", 'try: "{found}"', _EXAMPLE),
    "R104": _error("expected {expected}, found empty quotes", _EXAMPLE),
    "R105": _error("expected {expected}, found the end of the line", _EXAMPLE),
    "R106": _error("expected {expected}, found `{found}`", _EXAMPLE),
    "R107": _error(
        "`{found}` is not a duration", "write a number and a unit: seconds, minutes, hours or days", _EXAMPLE
    ),
    "R108": _error("expected {expected}, found `{found}`", _EXAMPLE),
    "R109": _error("`{found}` is out of range: expected {low} to {high}", _EXAMPLE),
    "R110": _error("unexpected `{found}` at the end of the line", _EXAMPLE),
    "R111": _error("`{found}` belongs in {home}, not in `{inside}`"),
    "R112": _error("`{heading}` must be alone on its line", "try: {heading}"),
    "R113": _error("unknown heading `{found}`", "did you mean `{nearest}`?"),
    "R114": _error("`{found}` comes before the first heading", 'begin the file with: rules for "Harbor Boats support"'),
    "R115": _error(
        "unknown step `{found}`",
        "did you mean `{nearest}`?",
        "the steps are `widen to`, `drop skill`, `drop preferred skills`, `alert the team lead`, "
        "`alert the duty manager` and `offer booking`",
    ),
    "R116": _error("unknown sort key `{found}`", "did you mean `{nearest}`?", "the sort keys are {known}"),
    "R117": _error("expected a team or a title, found `{found}`", 'write: team "…", or title "…"', _EXAMPLE),
    "R118": _error(
        "expected a condition, found `{found}`", "a condition is a fact and its value, for example: priority is urgent"
    ),
    "R119": _error(
        "second condition after `{found}`: each condition needs its own line", "on the next line: {instead}"
    ),
    "R120": _error(
        "unexpected symbol `{found}`: conditions are written in words",
        "write `is`, `is not`, `is at least`, `is at most`, `is over` or `is under`",
    ),
    "R121": _error("expected {expected}, found `{found}`", _EXAMPLE),
    "R122": _error("stopped after {most} errors; the rest of the file was not read", "fix the first error first"),
    "R123": _error("file too large: the limit is {most} bytes"),
    "R124": _error("the file contains a NUL character", "save it as plain text"),
    "R125": _error(
        "unknown result `{found}`",
        "did you mean `{nearest}`?",
        'possible results: rule "…", team "…", title "…", a call, booking only, no call',
    ),
    "R126": _error(
        "expected a skill, found `{found}`",
        'write: skill "…", the customer\'s language, or skill of this product area',
    ),
    "R127": _error("expected a yes-or-no fact or a defined name after `not`, found `{found}`", "write: … is not …"),
    "R128": _error("`or` and `and` are mixed between these tags", "put one of them on its own line"),
    "R129": _error(
        "`{found}` ends before it begins", "to go past midnight, write: Fri 22:00 to 24:00 and Sat 00:00 to 06:00"
    ),
    "R130": _error("`{found}` without a `when` above it", "begin with `when`"),
    "R131": _error(
        "a rule can have only one `when`",
        "if both must hold, write: and {rest}",
        "if either is enough, write: or when {rest}",
    ),
    "R132": _error("`{found}` comes after `unless`, which must be last", "move it above the `unless` line"),
    "R133": _error("`{found}` comes after the rule's actions: conditions must come first", "move it above them"),
    "R134": _error("line too long: the limit is {most} characters"),
    "R135": _error("the number `{found}` has a comma", "write: {instead}"),
}

_PEOPLE_HELPS = ('{person} is in team "{team}" as "{title}"', "try: {instead}")

NAMES = {
    "R201": _error("unknown team `{found}`", "did you mean `{nearest}`?", "the teams are {known}"),
    "R202": _error("`{found}` is a person; rules name a team or a title, never a person", *_PEOPLE_HELPS),
    "R203": _error("unknown title `{found}`", "did you mean `{nearest}`?", "the titles are {known}"),
    "R204": _error("unknown skill `{found}`", "did you mean `{nearest}`?", "the skills are {known}"),
    "R205": _error("unknown fact `{found}`", "did you mean `{nearest}`?", "the facts are {known}"),
    "R206": _error("`{found}` is not a value of `{fact}`", "did you mean `{nearest}`?", "its values are {known}"),
    "R207": _error("undefined name `{found}`", "did you mean `{nearest}`?", 'add a block: define "{found}"'),
    "R208": _error(
        "unknown hours `{found}`",
        "did you mean `{nearest}`?",
        'add a line: hours "{found}" are Mon to Fri 08:30 to 16:30',
    ),
    "R209": _error("unknown time zone `{found}`", "did you mean `{nearest}`?", "for example: Europe/Copenhagen"),
    "R210": _error("unknown holiday calendar `{found}`", "did you mean `{nearest}`?", "the calendars are {known}"),
    "R211": _error("unknown rule `{found}`", "did you mean `{nearest}`?"),
    "R212": _error("`{fact}` is {kind} and does not support this condition", "write: {instead}"),
    "R213": _error("expected {expected} for `{fact}`, found `{found}`", _EXAMPLE),
    "R214": _error("`{found}` needs a fact `product area` with values, but there is none"),
    "R215": _warning(
        "the organisation's {what} is {known}, but this file says {found}", "hours without a zone use {zone}"
    ),
    "R216": _error("expected `team` or `title` before `{found}`", "try: {instead}"),
    "R217": _warning("`{found}` has no effect: no skill is named after a product area"),
    "R218": _error("the upper bound of `{fact}`, `{found}`, is below the lower one", "write the smaller one first"),
    "R219": _error("`{found}` needs a fact `language`, but there is none"),
    "R220": _error("too many opening hours", "the limit is {most} per file, with {spans} spans each"),
    "R221": _later_error(
        "unclear amount `{found}`: at most two digits may follow the point", "write: {one}", "or write: {other}"
    ),
    "R222": _later_error(
        "the amount `{found}` is not in {currency}, the organisation's currency",
        "convert it to {currency}, and leave out `{sign}`",
    ),
}

STRUCTURE = {
    "R301": _error("the file has no rule and no `otherwise`", 'for example: otherwise, followed by: send to team "…"'),
    "R302": _error("duplicate rule name `{found}` (first used on line {line})", "rename one of them"),
    "R303": _error("duplicate `{found}` (first on line {line})", "merge the two"),
    "R304": _error(
        "steps out of order: this one must be later than {before}",
        "times count from the start of the search, and each step must be later than the one above",
    ),
    "R305": _error("{rule} does not say where the call goes", 'add: send to team "…"', 'or: no call, say "…"'),
    "R306": _error(
        "{rule} does not say when it applies", "add a line: when …", "to match every escalation: when anything"
    ),
    "R307": _warning("the rule {found} is never reached", "{because}", "move it up, or delete it"),
    "R308": _error(
        "some escalations match no rule",
        "for example: {example}",
        "not covered: {region}",
        "not covered: {second}",
        "not covered: {third}",
        "end the rules with `otherwise`",
    ),
    "R309": _error("circular definition of {found}", "the cycle: {circle}"),
    "R310": _error("`{found}` contradicts `{other}` (on line {line})", "keep one of them"),
    "R311": _error("a rule after `otherwise` is never reached", "move it above `otherwise`"),
    "R312": _warning('nobody in team "{team}" has the title "{title}"', "the titles in this team are {known}"),
    "R313": _warning("nobody has {found}, so nobody can be asked", "this rule's pool is empty"),
    "R314": _error("the file does not begin with `rules for`", 'begin with: rules for "{desk}"'),
    "R315": _error("duplicate `{found}` in {rule} (first on line {line})", "keep one of them"),
    "R316": _warning("this step drops a skill that the rule does not require"),
    "R317": _error("this expectation has no expected result", 'add a line: then team "…"'),
    "R318": _error("{name} has no conditions", "add a line: when …"),
    "R319": _error("{found} combines too many definitions", "the limit is {deep} levels and {most} lines in total"),
    "R320": _error("`{found}` does not support working days", "use hours or days"),
    "R321": _warning("`{fact}` is never missing, so this {always}"),
    "R322": _error("slots of {slot} are too {size}", "a slot takes between one second and one day"),
    "R323": _warning('nobody is in team "{found}"', "a call sent there finds nobody"),
    "R324": _warning("the rule {found} can never apply", "{because}", "if either is enough, write: or when …"),
    "R325": _warning("this alternative of the rule {found} can never apply", "{because}"),
    "R326": _warning("this step adds nobody", "{because}"),
    "R327": _warning("incomplete proof: the search grew too large", "not fully examined: {found}"),
    "R328": _warning(
        "nobody has the call {found} before it, so this reminds nobody",
        "people are asked {prepare} before a call at the earliest",
        "remind the agent later, or prepare earlier (in the block `calls`)",
    ),
    "R329": _later_error(
        "this step is never taken: the search ends with `offer booking` on line {line}",
        "move it above that line, with an earlier time, or delete it",
    ),
}

MISSING_FACTS = {
    "R401": _warning(
        "if `{fact}` is unknown, neither {one} nor {found} applies",
        "for example: {example}",
        "then {instead} applies",
        "if one of them should apply, add: or when {fact} is unknown",
    ),
}

EXPECTATIONS = {
    "R501": _error("failed expectation: {found}", "the result is {instead}", "because {because}"),
    "R502": _error("false claim: `{found}` can happen", "for example: {example}", 'then the rule "{rule}" applies'),
    "R503": _error("no rule matches this example", "end the rules with `otherwise`"),
    "R504": _warning("this claim is too large to prove", "use fewer facts and fewer tags"),
}

CATALOGUE: dict[str, DiagnosticText] = {**SYNTAX, **NAMES, **STRUCTURE, **MISSING_FACTS, **EXPECTATIONS}
