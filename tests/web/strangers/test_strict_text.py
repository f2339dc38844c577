"""Text that a mail's header or a page would misread is refused wherever people type it."""

from __future__ import annotations

import pytest

from domain.escalation import Mode, Opening
from domain.typed_text import forbidden_mark
from rules_dsl.directory import FactType
from web.desk.escalate_form import EscalateForm, Problems, opening_of

MARKS = ("\x00", "\x07", "\n", "\r\n", "\x1b", "\x85", "\u202d", "\u202e")
FORM = {
    "ticket": "4711",
    "system": "zendesk",
    "url": "",
    "subject": "Engine stops at sea",
    "name": "Mira Olsen",
    "email": "mira@olsen.example",
}


def requested(**changes: str) -> Opening | Problems:
    facts = {name: changes.pop(name) for name in list(changes) if name == "model"}
    form = EscalateForm(**(FORM | changes), facts=facts)
    return opening_of(form, [FactType("model", "choice", ("X1", "X2"))], "zendesk", Mode.BOOKING, "person:1")


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("name", ["ticket", "system", "subject", "name", "email"])
def test_the_desks_form_is_as_strict_as_the_api(name: str, mark: str) -> None:
    wrong = requested(**{name: f"{FORM[name]}{mark}x"})
    assert isinstance(wrong, Problems)
    assert f"U+{ord(mark[0]):04X}" in wrong.fields[name]


@pytest.mark.parametrize("mark", MARKS)
def test_facts_of_the_desks_form_are_too(mark: str) -> None:
    wrong = requested(model=f"X{mark}1")
    assert isinstance(wrong, Problems)
    assert f"U+{ord(mark[0]):04X}" in wrong.facts["model"]


def test_every_script_is_taken() -> None:
    taken = requested(subject="エンジンが停止 · محرك · двигатель ⚓", name="Zoë O’Neill-Ångström", model="X2")
    assert isinstance(taken, Opening)


def test_lines_are_allowed_where_they_are_asked_for() -> None:
    assert forbidden_mark("one\n\ttwo", allowed="\n\t") == ""
    assert forbidden_mark("one\rtwo", allowed="\n\t") == "U+000D"
