"""Telephone numbers in E.164, the form in which every telephone takes them: ``+4512345678``."""

from __future__ import annotations

import phonenumbers


def e164(text: str) -> str:
    """The number without spaces and punctuation. Raises ``ValueError`` if it isn't a number with its country code."""
    try:
        number = phonenumbers.parse(text.strip().removeprefix("tel:"), None)
    except phonenumbers.NumberParseException:
        raise ValueError("must be a telephone number with its country code, such as +45 12 34 56 78") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError("has too few or too many digits for a telephone number of its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
