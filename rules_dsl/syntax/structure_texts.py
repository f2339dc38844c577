"""The texts of diagnostics about a file as a whole, R301 to R399."""

from __future__ import annotations

from rules_dsl.syntax.diagnostic_text import error, later_error, warning

STRUCTURE = {
    "R301": error("the file has no rule and no `otherwise`", 'for example: otherwise, followed by: send to team "…"'),
    "R302": error("duplicate rule name `{found}` (first used on line {line})", "rename one of them"),
    "R303": error("duplicate `{found}` (first on line {line})", "merge the two"),
    "R304": error(
        "steps out of order: this one must be later than {before}",
        "times count from the start of the search, and each step must be later than the one above",
    ),
    "R305": error("{rule} does not say where the call goes", 'add: send to team "…"', 'or: no call, say "…"'),
    "R306": error(
        "{rule} does not say when it applies", "add a line: when …", "to match every escalation: when anything"
    ),
    "R307": warning("the rule {found} is never reached", "{because}", "move it up, or delete it"),
    "R308": error(
        "some escalations match no rule",
        "for example: {example}",
        "not covered: {region}",
        "not covered: {second}",
        "not covered: {third}",
        "end the rules with `otherwise`",
    ),
    "R309": error("circular definition of {found}", "the cycle: {circle}"),
    "R310": error("`{found}` contradicts `{other}` (on line {line})", "keep one of them"),
    "R311": error("a rule after `otherwise` is never reached", "move it above `otherwise`"),
    "R312": warning('nobody in team "{team}" has the title "{title}"', "the titles in this team are {known}"),
    "R313": warning("nobody has {found}, so nobody can be asked", "this rule's pool is empty"),
    "R314": error("the file does not begin with `rules for`", 'begin with: rules for "{desk}"'),
    "R315": error("duplicate `{found}` in {rule} (first on line {line})", "keep one of them"),
    "R316": warning("this step drops a skill that the rule does not require"),
    "R317": error("this expectation has no expected result", 'add a line: then team "…"'),
    "R318": error("{name} has no conditions", "add a line: when …"),
    "R319": error("{found} combines too many definitions", "the limit is {deep} levels and {most} lines in total"),
    "R320": error("`{found}` does not support working days", "use hours or days"),
    "R344": warning(
        'nobody has title "{found}"', "customers who ask to be called back are then listed on managers' desks only"
    ),
    "R321": warning("`{fact}` is never missing, so this {always}"),
    "R322": error("slots of {slot} are too {size}", "a slot takes between one second and one day"),
    "R323": warning('nobody is in team "{found}"', "a call sent there finds nobody"),
    "R324": warning("the rule {found} can never apply", "{because}", "if either is enough, write: or when …"),
    "R325": warning("this alternative of the rule {found} can never apply", "{because}"),
    "R326": warning("this step adds nobody", "{because}"),
    "R327": warning("incomplete proof: the search grew too large", "not fully examined: {found}"),
    "R328": warning(
        "nobody has the call {found} before it, so this reminds nobody",
        "people are asked {prepare} before a call at the earliest",
        "remind the agent later, or prepare earlier (in the block `calls`)",
    ),
    "R329": later_error(
        "this step is never taken: the search ends with `offer booking` on line {line}",
        "move it above that line, with an earlier time, or delete it",
    ),
    "R330": later_error(
        "`{found}` holds as soon as one of the tags is missing",
        "if none of them may be there, write: {instead}",
        "if only all of them together exclude a call, write as the last condition: {unless}",
    ),
    "R331": warning(
        "no call can ever be booked: the notice of {notice} is over only when the {horizon} ahead are over",
        "shorten the notice, or let calls be booked further ahead",
    ),
    "R332": warning(
        'a slot of {slot} never fits into hours "{hours}", which last {longest} at most',
        "shorten the slots, or lengthen the hours",
    ),
    "R333": warning(
        "the preparation of {prepare} is longer than the notice of {notice}",
        "a call can be booked so late that its preparation should have begun already",
        "shorten the preparation, or lengthen the notice",
    ),
    "R334": warning(
        "this step comes {lasts} after the one before, but each person has {offer} to answer",
        "shorten `offer for` in the block `calls`, or let the step come later",
    ),
    "R335": warning(
        "this limit has no effect: line {line} limits {what} at least as strictly", "keep the one you mean"
    ),
    "R336": warning(
        "the survey link expires after {expires}, before the customer is asked again after {again}",
        "let the link live longer, or ask again sooner",
    ),
    "R337": warning("this step is taken at once", "give it a time, or put its people into `send to`"),
    "R338": warning("`{found}` is never used", "use it in a condition, or delete it"),
    "R339": warning(
        "this line replaces all default steps, so none of these is taken: {dropped}",
        "repeat those that should be taken, for example: {again}",
    ),
    "R340": warning(
        "nobody in {where} has {skills}, so nobody is asked {when}", "lower the level, or choose other targets"
    ),
    "R341": warning(
        "nobody whom this rule can ask speaks {languages}", "their calls find nobody; prefer the language instead"
    ),
    "R342": warning(
        "nobody whom this rule can ask is ever on shift when it applies",
        "these are the hours of the week in which nobody may be asked: {hours}",
    ),
    "R343": warning(
        "for the product area {areas}, nobody whom this rule can ask has {skills}",
        "these calls find nobody; lower the level, drop the skill after a while, or prefer it instead",
    ),
}
