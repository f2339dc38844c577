"""The form that raises a ticket: what was typed, what is wrong with it, and the opening that it asks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from domain.escalation import Customer, Mode, Opening, Ticket
from domain.failure import Failure
from domain.ticket_account import only
from domain.ticket_reference import ReferenceUnclear, TicketReference, account_of, read_reference
from rules_dsl.directory import FactType
from web.wording.facts import FIELD, facts_of_form

LONGEST_SUBJECT = 300
LONGEST_NAME = 200
_OWN = ("ticket", "system", "url", "subject", "name", "email")
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


@dataclass(frozen=True)
class EscalateForm:
    """All as it was typed. Nothing of it is lost by a refusal."""

    ticket: str = ""
    system: str = ""
    url: str = ""
    subject: str = ""
    name: str = ""
    email: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """By fact name."""


@dataclass(frozen=True)
class Problems:
    """What is wrong, by field; ``facts`` by fact name."""

    fields: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


def form_of(sent: Mapping[str, object], declared: Sequence[FactType]) -> EscalateForm:
    """From a form or a prefilled address; facts come as ``fact.priority`` or, in addresses, as ``priority``."""

    def typed(name: str) -> str:
        value = sent.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    facts = {fact.name: typed(FIELD + fact.name) for fact in declared}
    facts |= {name: typed(name) for name, value in facts.items() if not value and name not in _OWN}
    kept = {name: value for name, value in facts.items() if value}
    return EscalateForm(**{name: typed(name) for name in _OWN}, facts=kept)


def opening_of(
    form: EscalateForm,
    declared: Sequence[FactType],
    in_use: Mapping[str, Collection[str]],
    mode: Mode,
    opened_by: str,
) -> Opening | Problems:
    """The opening that this form asks for, or what stands in its way.

    ``in_use`` has the accounts of each help desk, the usual one first: a bare number is one of its tickets.
    """
    wrong: dict[str, str] = {}
    reference, account = None, ""
    try:
        reference = _reference(form, next(iter(in_use), "ticket"))
        account = _account(reference, in_use.get(reference.system, ()))
    except (ReferenceUnclear, AccountUnclear) as unclear:
        wrong["ticket"] = unclear.detail
    if not form.subject:
        wrong["subject"] = "Say in a few words what the call is about; the customer reads it."
    if len(form.subject) > LONGEST_SUBJECT:
        wrong["subject"] = f"At most {LONGEST_SUBJECT} letters, please."
    if not form.name or len(form.name) > LONGEST_NAME:
        wrong["name"] = "Whom will we call? Their name is needed."
    if not _MAIL.fullmatch(form.email):
        wrong["email"] = "A mail address is needed, such as mira@example.com."
    if wrong or reference is None:
        return Problems(wrong)
    facts = facts_of_form(form.facts, declared)
    ticket = Ticket(reference.system, reference.id, reference.url, form.subject, facts, account)
    return Opening(ticket, Customer(form.name, form.email), mode, opened_by)


@dataclass
class AccountUnclear(Failure):
    """A number alone, where tickets come from several accounts that each may have it."""

    number: str

    status = 422
    title = "This could be a ticket of several accounts"

    @property
    def detail(self) -> str:
        return f"Tickets come here from several addresses, and each may have a {self.number}. Paste the ticket’s own."


def _account(reference: TicketReference, known: Collection[str]) -> str:
    """Raises ``AccountUnclear``."""
    told = account_of(reference.url)
    if not told and len(known) > 1:
        raise AccountUnclear(reference.id)
    return told or only(known)


def _reference(form: EscalateForm, usual_system: str) -> TicketReference:
    """The ticket's own address tells most; a system that was named goes before one that is guessed."""
    reference = read_reference(form.ticket or form.url, form.system or usual_system)
    if reference.url:
        return reference
    known = read_reference(form.url, usual_system) if form.url else None
    url = known.url if known else ""
    return TicketReference(form.system or (known.system if known else reference.system), reference.id, url)
