"""Words of people in mail headers: 10,000 generated ones in every script are read back letter by letter."""

from __future__ import annotations

import email
import email.policy
import random
import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from activities.letters.as_mail import as_mail, subject
from activities.letters.header import WireHeader, address_header
from activities.letters.write import write
from domain.letter import LetterKind
from tests.activities.sample_letter import ADDRESSES, letter_context

SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "æøåÆØÅéüßñçłŻžİı",
    "ДвигательОстановилсяЇґЩ",
    "μηχανήΣΩΔ",
    "船停止海上エンジンが止まった선박엔진",
    "مرحباسفينةשלוםמנוע",
    "नावइंजनเรือหยุด",
    "🚤⚓👩\u200d🔧🇩🇰é",
    "–—“”„…№€",
)
AWKWARD = ("=?utf-8?q?x?=", "=?", "?=", "a\u00a0b", "Re: [#12]", "50", "%", "–", "x" * 90, "ø" * 60)
PREFIXES = ("", "Pick a time for your call: ", "Your call is booked: ", "How was your call? ")


def words(chance: random.Random) -> str:
    """A line as people type it: words of one script or several, now and then with two spaces."""
    chosen = [
        chance.choice(AWKWARD)
        if chance.random() < 0.1
        else "".join(chance.choices(chance.choice(SCRIPTS), k=chance.randint(1, 14)))
        for _ in range(chance.randint(1, 16))
    ]
    return "".join(f"{word}{' ' * (2 if chance.random() < 0.03 else 1)}" for word in chosen).strip()


def head_of(header: WireHeader) -> str:
    mail = EmailMessage(policy=SMTP)
    mail[header.name] = header
    return mail.as_bytes().partition(b"\r\n\r\n")[0].decode("ascii")


def check_form(head: str) -> None:
    """What servers insist on: short lines, spaces between encoded words, none of them empty."""
    lines = head.split("\r\n")
    assert all(len(line) <= 78 for line in lines)
    assert all(line.startswith(" ") and line.strip() for line in lines[1:])
    assert "?==?" not in head
    assert not re.search(r"\?[qb]\?\?=", head)
    assert all(len(word) <= 75 for word in re.findall(r"=\?utf-8\?[qb]\?[^?]*\?=", head))


def written_header(mail: bytes, name: str) -> str:
    """As written. Python 3.11 puts spaces between the encoded words of an address when it parses them."""
    return email.message_from_bytes(mail, policy=email.policy.compat32)[name].replace("\n", "")


def test_ten_thousand_subjects_are_read_back_letter_by_letter() -> None:
    chance = random.Random(12)
    for _ in range(10_000):
        text = chance.choice(PREFIXES) + words(chance)
        head = head_of(subject(text))
        check_form(head)
        assert str(make_header(decode_header(head.removeprefix("Subject: ")))) == text
        read = email.message_from_string(head + "\r\n\r\n", policy=email.policy.default)
        assert str(read["Subject"]) == text


def test_ten_thousand_names_are_read_back_letter_by_letter() -> None:
    chance = random.Random(34)
    for _ in range(10_000):
        name = words(chance)
        head = head_of(address_header("Reply-To", "support@harborboats.example", name))
        check_form(head)
        phrase, _, address = head.removeprefix("Reply-To: ").rpartition(" <")
        assert address == "support@harborboats.example>"
        assert str(make_header(decode_header(phrase.rstrip()))) == name


@pytest.mark.parametrize(
    "name", ["Havnevakten på Øresund – Motor og skrog", "Служба поддержки «Гавань» в Санкт-Петербурге"]
)
def test_a_team_is_named_in_its_own_script(name: str) -> None:
    context = letter_context(LetterKind.INVITATION, team_name=name, subject="Motor stopp – Øresund 🚤")
    written = as_mail(write(context, ADDRESSES), context, ADDRESSES).as_bytes()
    mail = email.message_from_bytes(written, policy=email.policy.default)
    for header in ("From", "Reply-To"):
        phrase, _, address = written_header(written, header).rpartition(" <")
        assert address == "support@harborboats.example>"
        assert str(make_header(decode_header(phrase))) == name
    assert mail["Subject"] == "Pick a time for your call: Motor stopp – Øresund 🚤"


def test_short_plain_text_is_sent_as_it_is() -> None:
    assert head_of(subject("Your call is booked: Engine stops")) == "Subject: Your call is booked: Engine stops"
    assert head_of(address_header("From", "support@x.example", "Support")) == "From: Support <support@x.example>"


def test_a_line_break_never_begins_another_header() -> None:
    assert head_of(subject("Help\r\nBcc: all@x.example")) == "Subject: Help Bcc: all@x.example"
    head = head_of(address_header("From", "a@x.example", "Help\u2028now\r\nBcc: b@x.example"))
    assert [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith(" ")] == ["From"]
