"""The texts of all diagnostics, by code. Every code has its own page in docs/messages/."""

from __future__ import annotations

from rules_dsl.syntax.diagnostic_text import DiagnosticText, error, later_error, warning
from rules_dsl.syntax.structure_texts import STRUCTURE

_EXAMPLE = "for example: {example}"

SYNTAX = {
    "R101": error(
        "unknown sentence in `{inside}`: `{found}`",
        "did you mean `{nearest}`?",
        "a line in this block begins with {known}",
        "`{childless}` has no lines below its heading",
    ),
    "R102": error("unclosed quote", 'add `"` after the name'),
    "R103": error("expected {expected} in quotes, found `{found}`", 'try: "{found}"', _EXAMPLE),
    "R104": error("expected {expected}, found empty quotes", _EXAMPLE),
    "R105": error("expected {expected}, found the end of the line", _EXAMPLE),
    "R106": error("expected {expected}, found `{found}`", _EXAMPLE),
    "R107": error(
        "`{found}` is not a duration", "write a number and a unit: seconds, minutes, hours or days", _EXAMPLE
    ),
    "R108": error("expected {expected}, found `{found}`", _EXAMPLE),
    "R109": error("`{found}` is out of range: expected {low} to {high}", _EXAMPLE),
    "R110": error("unexpected `{found}` at the end of the line", _EXAMPLE),
    "R111": error("`{found}` belongs in {home}, not in `{inside}`"),
    "R112": error("`{heading}` must be alone on its line", "try: {heading}"),
    "R113": error("unknown heading `{found}`", "did you mean `{nearest}`?"),
    "R114": error("`{found}` comes before the first heading", 'begin the file with: rules for "Harbor Boats support"'),
    "R115": error(
        "unknown step `{found}`",
        "did you mean `{nearest}`?",
        "the steps are `widen to`, `drop skill`, `drop preferred skills`, `alert the team lead`, "
        "`alert the duty manager` and `offer booking`",
    ),
    "R116": error("unknown sort key `{found}`", "did you mean `{nearest}`?", "the sort keys are {known}"),
    "R117": error("expected a team or a title, found `{found}`", 'write: team "…", or title "…"', _EXAMPLE),
    "R118": error(
        "expected a condition, found `{found}`", "a condition is a fact and its value, for example: priority is urgent"
    ),
    "R119": error("second condition after `{found}`: each condition needs its own line", "on the next line: {instead}"),
    "R120": error(
        "unexpected symbol `{found}`: conditions are written in words",
        "write `is`, `is not`, `is at least`, `is at most`, `is over` or `is under`",
    ),
    "R121": error("expected {expected}, found `{found}`", _EXAMPLE),
    "R122": error("stopped after {most} errors; the rest of the file was not read", "fix the first error first"),
    "R123": error("file too large: the limit is {most} bytes"),
    "R124": error("the file contains a NUL character", "save it as plain text"),
    "R125": error(
        "unknown result `{found}`",
        "did you mean `{nearest}`?",
        'possible results: rule "…", team "…", title "…", a call, booking only, no call',
    ),
    "R126": error(
        "expected a skill, found `{found}`",
        'write: skill "…", the customer\'s language, or skill of this product area',
    ),
    "R127": error("expected a yes-or-no fact or a defined name after `not`, found `{found}`", "write: … is not …"),
    "R128": error("`or` and `and` are mixed between these tags", "put one of them on its own line"),
    "R129": error(
        "`{found}` ends before it begins", "to go past midnight, write: Fri 22:00 to 24:00 and Sat 00:00 to 06:00"
    ),
    "R130": error("`{found}` without a `when` above it", "begin with `when`"),
    "R131": error(
        "a rule can have only one `when`",
        "if both must hold, write: and {rest}",
        "if either is enough, write: or when {rest}",
    ),
    "R132": error("`{found}` comes after `unless`, which must be last", "move it above the `unless` line"),
    "R133": error("`{found}` comes after the rule's actions: conditions must come first", "move it above them"),
    "R134": error("line too long: the limit is {most} characters"),
    "R135": error("the number `{found}` has a comma", "write: {instead}"),
}

_PEOPLE_HELPS = ('{person} is in team "{team}" as "{title}"', "try: {instead}")

NAMES = {
    "R201": error("unknown team `{found}`", "did you mean `{nearest}`?", "the teams are {known}"),
    "R202": error("`{found}` is a person; rules name a team or a title, never a person", *_PEOPLE_HELPS),
    "R203": error("unknown title `{found}`", "did you mean `{nearest}`?", "the titles are {known}"),
    "R204": error("unknown skill `{found}`", "did you mean `{nearest}`?", "the skills are {known}"),
    "R205": error("unknown fact `{found}`", "did you mean `{nearest}`?", "the facts are {known}"),
    "R206": error("`{found}` is not a value of `{fact}`", "did you mean `{nearest}`?", "its values are {known}"),
    "R207": error("undefined name `{found}`", "did you mean `{nearest}`?", 'add a block: define "{found}"'),
    "R208": error(
        "unknown hours `{found}`",
        "did you mean `{nearest}`?",
        'add a line: hours "{found}" are Mon to Fri 08:30 to 16:30',
    ),
    "R209": error("unknown time zone `{found}`", "did you mean `{nearest}`?", "for example: Europe/Copenhagen"),
    "R210": error("unknown holiday calendar `{found}`", "did you mean `{nearest}`?", "the calendars are {known}"),
    "R211": error("unknown rule `{found}`", "did you mean `{nearest}`?"),
    "R212": error("`{fact}` is {kind} and does not support this condition", "write: {instead}"),
    "R213": error("expected {expected} for `{fact}`, found `{found}`", _EXAMPLE),
    "R214": error("`{found}` needs a fact `product area` with values, but there is none"),
    "R215": warning(
        "the organisation's {what} is {known}, but this file says {found}", "hours without a zone use {zone}"
    ),
    "R216": error("expected `team` or `title` before `{found}`", "try: {instead}"),
    "R217": warning("`{found}` has no effect: no skill is named after a product area"),
    "R218": error("the upper bound of `{fact}`, `{found}`, is below the lower one", "write the smaller one first"),
    "R219": error("`{found}` needs a fact `language`, but there is none"),
    "R220": error("too many opening hours", "the limit is {most} per file, with {spans} spans each"),
    "R221": later_error(
        "unclear amount `{found}`: at most two digits may follow the point", "write: {one}", "or write: {other}"
    ),
    "R222": later_error(
        "the amount `{found}` is not in {currency}, the organisation's currency",
        "convert it to {currency}, and leave out `{sign}`",
    ),
    "R223": warning("`{found}` has no daylight saving time: {shift}, in summer and winter", "write: {instead}"),
}

MISSING_FACTS = {
    "R401": warning(
        "if `{fact}` is unknown, neither {one} nor {found} applies",
        "for example: {example}",
        "then {instead} applies",
        "if one of them should apply, add: or when {fact} is unknown",
    ),
}

EXPECTATIONS = {
    "R501": error("failed expectation: {found}", "the result is {instead}", "because {because}"),
    "R502": error(
        "false claim: `{found}` can happen", "for example: {example}", 'then the rule "{rule}" applies', "{search}"
    ),
    "R503": error("no rule matches this example", "end the rules with `otherwise`"),
    "R504": warning("this claim is too large to prove", "use fewer facts and fewer tags"),
}

CATALOGUE: dict[str, DiagnosticText] = {**SYNTAX, **NAMES, **STRUCTURE, **MISSING_FACTS, **EXPECTATIONS}
