"""The customer's last messages, sent along with a ticket: plain text, limited in number and size."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from domain.typed_text import forbidden_mark
from web.api.schema import Body
from web.api.words import Documented, Moment, NameOrEmpty

MESSAGES = 10
LONGEST_TEXT = 20_000
"""Bytes of all texts together, in UTF-8."""


def _clean_text(text: str) -> str:
    if mark := forbidden_mark(text, allowed="\n\t"):
        raise ValueError(f"must not contain the character {mark}")
    return text


def _as_message(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


def _fits(messages: list[Any]) -> list[Any]:
    if sum(len(message.text.encode()) for message in messages) > LONGEST_TEXT:
        raise ValueError(f"must have at most {LONGEST_TEXT:,} bytes of text together")
    return messages


class MessageBody(Body):
    """One message of the ticket's conversation."""

    text: Annotated[
        str, StringConstraints(strict=True, strip_whitespace=True, min_length=1), AfterValidator(_clean_text)
    ] = Field(description="Plain text, with line breaks.", examples=["The engine stops after ten minutes."])
    author: NameOrEmpty = Field(default="", description="Who wrote it.", examples=["Mira Olsen"])
    at: Moment | None = Field(default=None, description="RFC 3339.")

    def view(self) -> dict[str, Any]:
        """The message as it is stored, with its time in UTC."""
        return {"author": self.author, "at": self.at.isoformat() if self.at else None, "text": self.text}


Conversation = Annotated[
    list[Annotated[MessageBody, BeforeValidator(_as_message), Documented(also={"type": "string", "minLength": 1})]],
    Field(
        max_length=MESSAGES,
        description=f"The latest messages, oldest first: at most {MESSAGES}, {LONGEST_TEXT // 1000} kB together.",
    ),
    AfterValidator(_fits),
]
