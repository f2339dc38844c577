from __future__ import annotations

import pytest

from domain.mail_address import ascii_domain, is_mail_address


@pytest.mark.parametrize(
    "text",
    [
        "mira@olsen.example",
        "mira.o'neil+call@olsen.example",
        "mira@bådhavn.example",
        "mira@例え.example",
        "mira@xn--bdhavn-iua.example",
        "мира@гавань.example",
        "میرا@می‌خواهم.example",
    ],
)
def test_addresses_in_every_script_are_valid(text: str) -> None:
    assert is_mail_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mira",
        "@olsen.example",
        "mira@",
        "mira@localhost",
        "mira@olsen",
        "mira..o@olsen.example",
        "mira@olsen..example",
        "mira@-olsen.example",
        "mira@ols en.example",
        "mi ra@olsen.example",
        "mira@olsen.example\nBcc: b@x.example",
        "a@x.example, b@y.example",
        "<mira@olsen.example>",
        "mira\u202e@olsen.example",
        "mira\u00a0@olsen.example",
        "mira@ols\u2028en.example",
        "mira@olsen.example\u200b",
        "mira\u3164@olsen.example",
        "mira\ufe00@olsen.example",
        "m" * 65 + "@olsen.example",
        "mira@" + "ø" * 64 + ".example",
        "mira@" + ".".join(["olsen"] * 60),
    ],
)
def test_what_no_server_takes_is_not_an_address(text: str) -> None:
    assert not is_mail_address(text)


def test_international_domains_are_encoded_by_todays_rules() -> None:
    assert ascii_domain("bådhavn.example") == "xn--bdhavn-iua.example"
    assert ascii_domain("STRASSE.example") == "STRASSE.example"
    assert ascii_domain("straße.example") == "xn--strae-oqa.example"
    with pytest.raises(ValueError, match="not allowed"):
        ascii_domain("☃⚓.example")
