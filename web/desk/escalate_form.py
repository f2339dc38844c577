"""The form for escalating a ticket: its fields, its problems, and the opening it requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.escalation import Customer, Mode, Opening, Ticket
from domain.mail_address import is_mail_address
from domain.tickets.reference import ReferenceUnclear, TicketReference, read_reference
from domain.typed_text import forbidden_mark
from rules_dsl.directory import FactType
from web.wording.facts import FIELD, facts_of_form

LONGEST_SUBJECT = 300
LONGEST_NAME = 200
_UNFIT = "Please type this again: it contains a character that can't be shown, {}."
_FIELDS = ("ticket", "system", "url", "subject", "name", "email")


@dataclass(frozen=True)
class EscalateForm:
    """All fields as typed, to be shown again after a refusal."""

    ticket: str = ""
    system: str = ""
    url: str = ""
    subject: str = ""
    name: str = ""
    email: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Keyed by fact name."""


@dataclass(frozen=True)
class Problems:
    """What is wrong with the form."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """Keyed by field name."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Keyed by fact name."""


def form_of(sent: Mapping[str, object], declared: Sequence[FactType]) -> EscalateForm:
    """Read a form or a URL that prefills it. Facts are named ``fact.priority`` or, in URLs, ``priority``."""

    def typed(name: str) -> str:
        value = sent.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    facts = {fact.name: typed(FIELD + fact.name) for fact in declared}
    facts |= {name: typed(name) for name, value in facts.items() if not value and name not in _FIELDS}
    filled_in = {name: value for name, value in facts.items() if value}
    return EscalateForm(**{name: typed(name) for name in _FIELDS}, facts=filled_in)


def opening_of(
    form: EscalateForm,
    declared: Sequence[FactType],
    usual_system: str,
    mode: Mode,
    opened_by: str,
) -> Opening | Problems:
    """The opening that this form requests, or its problems. A bare number is a ticket of the usual help desk."""
    wrong: dict[str, str] = {}
    reference = None
    try:
        reference = _reference(form, usual_system)
    except ReferenceUnclear as unclear:
        wrong["ticket"] = unclear.detail
    if not form.subject:
        wrong["subject"] = "Say in a few words what the call is about. The customer will read it."
    if len(form.subject) > LONGEST_SUBJECT:
        wrong["subject"] = f"At most {LONGEST_SUBJECT} characters, please."
    if not form.name or len(form.name) > LONGEST_NAME:
        wrong["name"] = "Whom will we call? Please enter their name."
    if not is_mail_address(form.email):
        wrong["email"] = "Please enter a mail address, such as mira@example.com."
    # As strict as the API: neither form nor program may bring marks that a mail's header or a page would misread.
    for name in _FIELDS:
        if mark := forbidden_mark(getattr(form, name)):
            wrong[name] = _UNFIT.format(mark)
    wrong_facts = {name: _UNFIT.format(mark) for name, text in form.facts.items() if (mark := forbidden_mark(text))}
    if wrong or wrong_facts or reference is None:
        return Problems(wrong, wrong_facts)
    facts = facts_of_form(form.facts, declared)
    ticket = Ticket(reference.system, reference.id, reference.url, form.subject, facts)
    return Opening(ticket, Customer(form.name, form.email), mode, opened_by)


def _reference(form: EscalateForm, usual_system: str) -> TicketReference:
    """The ticket in the URL; otherwise the ticket with the typed number.

    Its system is the one that was typed, otherwise the one in the URL, otherwise the usual one.
    """
    reference = read_reference(form.ticket or form.url, form.system or usual_system)
    if reference.url:
        return reference
    from_url = read_reference(form.url, usual_system) if form.url else None
    url = from_url.url if from_url else ""
    return TicketReference(form.system or (from_url.system if from_url else reference.system), reference.id, url)
