"""One message, from its row to the hands of the next server."""

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
from domain.letter import Channel, Incomplete, LetterContext, past_use


@dataclass
class NoRecipient(Exception):
    """The message is for a place that this installation does not have."""

    place: str


@dataclass(frozen=True)
class Dispatcher:
    """Writes letters and hands them over."""

    addresses: Addresses
    mailer: Mailer
    posters: Mapping[str, ChatPoster]
    """By the name that a message's recipient gives: ``alerts``."""
    mail_from: str = ""
    """One sender for all mail; else each team's own address."""

    async def deliver(self, channel: Channel, context: LetterContext) -> None:
        """Raises ``Undelivered``, or ``NoRecipient`` where nobody asked to be told."""
        if reason := past_use(context):
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
