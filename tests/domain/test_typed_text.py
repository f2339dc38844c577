"""Names that could look like others, and invalid addresses, are refused."""

from __future__ import annotations

import pytest

from domain.directory_names import NameUnfit, fit_name
from domain.mail_address import is_mail_address
from domain.people import CardUnfit, PersonDetails, fit_card
from domain.typed_text import has_unseen

UNSEEN = ["Anna\u200bSchmidt", "Anna \u202eSchmidt", "\u2066Anna", "\ufeffAnna", "\u3164", "\u200d", "An\u00adna",
          "A\x07", "A\U000e0041", "\u2800", "\u061cAnna", "\ue000"]  # fmt: skip
SEEN = [
    "Anna Schmidt",
    "Nguyễn Thị Ánh",
    "Ø",
    "李小龍",
    "Σωκράτης",
    "می\u200cخواهم",
    "👩\u200d🔧 Ola",
    "O’Brien-Smith",
    "ﬁ",
]


@pytest.mark.parametrize("name", UNSEEN)
def test_a_name_with_invisible_characters_is_refused_for_people_and_for_teams(name: str) -> None:
    assert has_unseen(name)
    with pytest.raises(CardUnfit, match=r"invisible|required") as refused:
        fit_card(PersonDetails(name, "anna@example.com", None, None))
    assert refused.value.where == "name"
    with pytest.raises(NameUnfit):
        fit_name(name)


@pytest.mark.parametrize("name", SEEN)
def test_names_in_every_script_are_accepted(name: str) -> None:
    assert not has_unseen(name)
    assert fit_card(PersonDetails(name, "anna@example.com", None, None)).name == name


@pytest.mark.parametrize(
    "address",
    ["<a@b.example>", "Anna <a@b.example>", "a@b.example,c@d.example", "a;b@c.example", '"a b"@c.example', "a@b",
     "@b.c", "a@b.example\u200b", "a@b\u202e.example", "a b@c.example", "a@@b.example", "a:b@c.example",
     "a\\b@c.example", "a@b.example\r\nBcc: x@y.example", "a\x00@b.example", "(a)@b.example"],
)  # fmt: skip
def test_an_invalid_address_is_refused(address: str) -> None:
    assert not is_mail_address(address)
    with pytest.raises(CardUnfit) as refused:
        fit_card(PersonDetails("Anna", address, None, None))
    assert refused.value.where == "email"


@pytest.mark.parametrize(
    "address", ["anna@example.com", "a.b+c@d-e.example", "o'neil@x.example", "ana@münchen.example"]
)
def test_a_valid_address_is_accepted(address: str) -> None:
    assert fit_card(PersonDetails("Anna", f" {address} ", None, None)).email == address
