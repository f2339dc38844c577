"""Delivery of one message to the mail server or webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from activities.integrations.chat import ChatPoster
from activities.integrations.mail import Mailer
from activities.letters.as_chat import as_chat
from activities.letters.as_mail import as_mail
from activities.letters.letter import Addresses
from activities.letters.write import write
from domain.delivery import Undelivered
from domain.letter import Channel, Incomplete, LetterContext, reason_obsolete


@dataclass
class NoRecipient(Exception):
    """The message is for a webhook that isn't configured."""

    place: str


@dataclass(frozen=True)
class Dispatcher:
    """Renders letters and sends them."""

    addresses: Addresses
    mailer: Mailer
    posters: Mapping[str, ChatPoster]
    """Keyed by the recipient's name in the message queue, such as ``alerts``."""
    mail_from: str = ""
    """Sender of all mail; if empty, each team sends from its own address."""

    async def deliver(self, channel: Channel, context: LetterContext) -> None:
        """Deliver the message. Raises ``Undelivered``, or ``NoRecipient`` if the webhook isn't configured."""
        if reason := reason_obsolete(context):
            raise Undelivered(f"not sent, because {reason}", final=True)
        try:
            letter = write(context, self.addresses)
            if channel is Channel.MAIL:
                await self.mailer.send(as_mail(letter, context, self.addresses, self.mail_from))
                return
            if context.recipient not in self.posters:
                raise NoRecipient(context.recipient)
            await self.posters[context.recipient].post(context.message_id, as_chat(letter))
        except Incomplete as error:
            raise Undelivered(str(error), final=True) from error
