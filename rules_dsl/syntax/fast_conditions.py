"""A fast path for the simplest conditions: one regular expression for the whole line.

Most conditions in a long file are a fact and its value, in words separated by single spaces. Everything else, including
errors, is left to ``parse_conditions``. For a line that both accept, both give the same result.
"""

from __future__ import annotations

import re

from rules_dsl.syntax.tokens import LONGEST_LINE, cached_by_line
from rules_dsl.syntax.tree_conditions import (
    Comparator,
    Condition,
    FactCompares,
    FactHolds,
    FactIs,
    Lead,
    Phrase,
    Place,
    WhenSentence,
)

_KEYWORDS = "when and or unless not is are include includes do does known unknown between at over under more less"
_NO_NAMES = "|".join([*_KEYWORDS.split(), "during", "outside", "anything"])
_TOKEN = rf"(?!(?i:{_NO_NAMES})(?:\s|$))[^\s,\"“”„#<>=!&|()+*/]++"
_WORDS = rf"{_TOKEN}(?:[ ]{_TOKEN})*"
_PLAIN = re.compile(
    rf"""\s*(when|and|or[ ]when|unless)[ ]                          # 1: lead
         (not[ ]({_WORDS})                                          # 2: condition, 3: a negated fact
         |({_WORDS})                                                # 4: fact
          (?:[ ]is[ ](?:(at[ ]least|at[ ]most|over|under)[ ]({_WORDS})    # 5: comparison, 6: amount
                       |(not[ ])?({_WORDS}(?:[ ]or[ ]{_WORDS})*)))?       # 7: is not, 8: values
         )\s*""",
    re.VERBOSE,
)
_LEADS = {lead.value: lead for lead in Lead}
_COMPARISONS = {comparison.value: comparison for comparison in Comparator}


@cached_by_line
def plain_condition(raw: str) -> WhenSentence | None:
    """The line as a condition; None if the line isn't that simple."""
    found = _PLAIN.fullmatch(raw) if len(raw) <= LONGEST_LINE else None
    if found is None:
        return None
    lead, text, false_fact, fact, comparison, amount, negated, values = found.groups()
    start = found.start(2)
    at = Place(0, start + 1, len(text))
    condition: Condition
    if false_fact is not None:
        condition = FactHolds(_phrase(false_fact, found.start(3)), True, at)
    elif comparison is not None:
        value = _phrase(amount, found.start(6))
        condition = FactCompares(_phrase(fact, start), _COMPARISONS[comparison], value, at)
    elif values is not None:
        condition = FactIs(_phrase(fact, start), _phrases(values, found.start(8)), negated is not None, at)
    else:
        condition = FactHolds(_phrase(fact, start), False, at)
    return WhenSentence(_LEADS[lead], condition, text, at)


def _phrase(text: str, start: int) -> Phrase:
    return Phrase(text, Place(0, start + 1, len(text)))


def _phrases(values: str, start: int) -> tuple[Phrase, ...]:
    found = []
    for text in values.split(" or "):
        found.append(_phrase(text, start))
        start += len(text) + len(" or ")
    return tuple(found)
