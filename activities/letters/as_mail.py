"""Renders a letter as an email: text, simple HTML and, for bookings, a calendar entry.

The same letter always renders to the same bytes, so that a copy sent after a crash can be told apart from a second
email.
"""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from activities.integrations.calendar import Invite, Method, entry_of, invite
from activities.letters.header import WireHeader, address_header, text_header
from activities.letters.letter import Addresses, Letter
from domain.delivery import Undelivered
from domain.letter import Incomplete, LetterContext
from domain.mail_address import ascii_domain

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, auto_reload=False
)


def as_mail(letter: Letter, context: LetterContext, addresses: Addresses, sender: str = "") -> EmailMessage:
    """The email, sent from the team's address, or from ``sender`` if one address sends all mail.

    Raises ``Undelivered`` if the recipient's address isn't valid, ``Incomplete`` if something is missing from the
    context.
    """
    mail = EmailMessage(policy=SMTP)
    team = context.team_address or sender or f"no-reply@{addresses.host}"
    mail["From"] = _named("From", sender or team, context.team_name)
    mail["To"] = _address(context.recipient)
    mail["Reply-To"] = _named("Reply-To", team, context.team_name)
    mail["Subject"] = subject(letter.subject)
    mail["Date"] = format_datetime(context.written_at)
    mail["Message-ID"] = f"<{context.message_id}@{addresses.host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(as_text(letter, context), cte="quoted-printable")
    mail.add_alternative(_html(letter, context), subtype="html", cte="quoted-printable")
    if letter.calendar:
        _add_entry(mail, Method(letter.calendar), calendar_entry(context, addresses, sender))
    _set_boundaries(mail, context.message_id)
    return mail


def subject(text: str) -> WireHeader:
    """The Subject header for this text: whoever reads the mail sees it letter by letter, in every script."""
    return text_header("Subject", text)


def as_text(letter: Letter, context: LetterContext) -> str:
    button = (f"{letter.button.label}:\n{letter.button.address}",) if letter.button else ()
    choices = ("\n".join(f"{one.label}: {one.address}" for one in letter.choices),) if letter.choices else ()
    blocks = (letter.greeting, *letter.lines, *choices, *button, *letter.after, "\n".join(_signature(context)))
    return "\n\n".join(blocks) + "\n"


def calendar_entry(context: LetterContext, addresses: Addresses, sender: str = "") -> Invite:
    """The customer's calendar entry for the booking. Raises ``Incomplete`` if there is no booking."""
    if context.booking is None:
        raise Incomplete("booking")
    return entry_of(context.booking, context, addresses.customer_page(context), context.written_at, sender)


def _html(letter: Letter, context: LetterContext) -> str:
    return _PAGES.get_template("letter.html").render(letter=letter, signature=_signature(context))


def _signature(context: LetterContext) -> tuple[str, ...]:
    return tuple(dict.fromkeys((context.team_name, context.desk_name)))


def _named(header: str, address: str, name: str) -> WireHeader | Address:
    """An address with its owner's name. An address that isn't ASCII needs a server for which no header is encoded."""
    valid = _address(address, name)
    return address_header(header, valid.addr_spec, name) if valid.addr_spec.isascii() else valid


def _address(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    try:
        return Address(display_name=name, addr_spec=f"{local}@{ascii_domain(domain)}")
    except (ValueError, IndexError, MessageError) as error:
        raise Undelivered(f"{address!r} is no mail address", final=True) from error


def _add_entry(mail: EmailMessage, method: Method, entry: Invite) -> None:
    """Attach the entry twice, as calendars expect: as an alternative part, which they act on, and as a file to open."""
    content = invite(entry, method)
    mail.add_alternative(content, maintype="text", subtype="calendar", params={"charset": "utf-8", "method": method})
    mail.add_attachment(content, maintype="application", subtype="ics", filename="invite.ics")


def _set_boundaries(mail: EmailMessage, message_id: str) -> None:
    for nth, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{message_id}_{nth}")
