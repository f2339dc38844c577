"""Every letter, word for word; and that hostile text in it does no harm."""

from __future__ import annotations

import email
import email.policy
import json
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from markupsafe import escape

from activities.letters.as_chat import as_chat
from activities.letters.as_mail import as_mail, as_text
from activities.letters.wording import at, span
from activities.letters.write import WRITERS, write
from domain.delivery import Undelivered
from domain.letter import STAFF_LETTERS, Incomplete, LetterContext, LetterKind, LinkContext, one_line, reason_obsolete
from tests.activities.sample_letter import ADDRESSES, STARTS, letter_context

CONTEXT = letter_context(LetterKind.INVITATION)
WORDS = Path(__file__).parent / "letters"
HOSTILE = 'Help\r\nBcc: everybody@victim.example\u2028now\u202egnp.exe <b>bold</b> & \x00"quoted";x=y'


def mail_of(context: LetterContext, sender: str = "") -> EmailMessage:
    """The mail as a mail program sees it: serialised and parsed."""
    written = as_mail(write(context, ADDRESSES), context, ADDRESSES, sender).as_bytes()
    parsed = email.message_from_bytes(written, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part_of(mail: EmailMessage, kind: str) -> str:
    return next(str(part.get_content()) for part in mail.walk() if part.get_content_type() == kind)


@pytest.mark.parametrize("kind", LetterKind)
def test_each_letter_matches_its_file_word_for_word(kind: LetterKind) -> None:
    context = letter_context(kind)
    letter = write(context, ADDRESSES)
    assert f"{letter.subject}\n\n{as_text(letter, context)}" == (WORDS / f"{kind.value}.txt").read_text()


def test_every_kind_has_a_writer_and_a_file() -> None:
    assert set(WRITERS) == set(LetterKind)
    assert {path.stem for path in WORDS.glob("*.txt")} == {kind.value for kind in LetterKind}


@pytest.mark.parametrize("kind", [kind for kind in LetterKind if kind not in STAFF_LETTERS])
def test_customers_see_the_team_and_no_agent(kind: LetterKind) -> None:
    inside = letter_context(LetterKind.AGENT_REMINDER).agent
    written = mail_of(letter_context(kind, agent=inside))
    assert str(written["From"]) == "Support <support@harborboats.example>"
    assert str(written["Reply-To"]) == "Support <support@harborboats.example>"
    assert "Jonas" not in written.as_string()
    assert "Berg" not in written.as_string()


@pytest.mark.parametrize("kind", LetterKind)
def test_the_same_letter_is_the_same_bytes(kind: LetterKind) -> None:
    context = letter_context(kind)
    first, second = (as_mail(write(context, ADDRESSES), context, ADDRESSES).as_bytes() for _ in range(2))
    assert first == second


def test_a_mail_names_its_sender_and_that_it_is_automatic() -> None:
    mail = mail_of(letter_context(LetterKind.INVITATION))
    assert mail["Message-ID"] == "<7a0c6a43-6f0a-5d8e-9a44-0d3d8b1f2c10@calls.harborboats.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Pick a time for your call: Engine stops at sea"
    assert mail["To"] == "mira@olsen.example"


def test_with_one_sender_for_all_mail_replies_still_go_to_the_team() -> None:
    mail = mail_of(letter_context(LetterKind.INVITATION), sender="calls@harborboats.example")
    assert str(mail["From"]) == "Support <calls@harborboats.example>"
    assert str(mail["Reply-To"]) == "Support <support@harborboats.example>"


@pytest.mark.parametrize("kind", LetterKind)
def test_the_html_has_the_same_words_and_addresses_as_the_text(kind: LetterKind) -> None:
    context = letter_context(kind)
    letter = write(context, ADDRESSES)
    html = part_of(mail_of(context), "text/html")
    for line in (letter.greeting, *letter.lines, *letter.after):
        assert str(escape(line)) in html
    found = set(re.findall(r'href="([^"]+)"', html))
    assert found == {link.address for link in (*letter.choices, letter.button) if link}


@pytest.mark.parametrize("kind", LetterKind)
def test_hostile_words_stay_words(kind: LetterKind) -> None:
    hostile = one_line(HOSTILE)
    context = letter_context(kind, subject=hostile, customer_name=hostile, team_name=hostile, desk_name=hostile)
    mail = mail_of(context)
    assert mail["Bcc"] is None
    assert {"To", "From", "Subject", "Message-ID"} <= set(mail.keys())
    assert "\n" not in str(mail["Subject"])
    assert "<b>" not in part_of(mail, "text/html")
    assert "\u202e" not in mail.as_string() + part_of(mail, "text/plain") + part_of(mail, "text/html")


def test_one_line_keeps_what_people_write() -> None:
    assert one_line("  Motor går i stå – 船 👩‍🔧  ") == "Motor går i stå – 船 👩‍🔧"
    assert one_line("x" * 200, 150) == "x" * 149 + "…"


def test_text_never_becomes_a_mention_in_a_chat() -> None:
    context = letter_context(LetterKind.RATING_ALERT, subject="<!channel> & <https://evil.example|Join>")
    payload = as_chat(write(context, ADDRESSES))
    assert "<!channel>" not in json.dumps(payload)
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|Join&gt;" in payload["text"]
    assert f"<{ADDRESSES.story(context)}|See the escalation>" in payload["text"]


def test_a_chat_block_is_never_longer_than_slack_takes() -> None:
    context = letter_context(LetterKind.RATING_ALERT, subject="&" * 4000)
    assert all(len(block["text"]["text"]) <= 3000 for block in as_chat(write(context, ADDRESSES))["blocks"])


def test_tokens_stay_out_of_chats() -> None:
    for kind in (LetterKind.RATING_ALERT, LetterKind.LEAD_ALERT, LetterKind.MANAGER_NOBODY):
        payload = json.dumps(as_chat(write(letter_context(kind), ADDRESSES)))
        assert not re.search(r"/(?:c|join|rate)/", payload)


def test_without_a_new_link_none_is_promised() -> None:
    for kind in (LetterKind.CUSTOMER_MISSED, LetterKind.NOBODY_AVAILABLE):
        letter = write(letter_context(kind, link=None), ADDRESSES)
        assert letter.button is None
        assert "link" not in " ".join(letter.lines)


PROMISES = (
    "will be there",
    "at this moment",
    "have been told",
    "we will write to you",
    "your ticket stays open",
    "is read by",
)
"""What the rows may contradict by the time a letter is read."""


@pytest.mark.parametrize("link", [letter_context(LetterKind.INVITATION).link, None])
@pytest.mark.parametrize(
    "kind", [LetterKind.INVITATION, LetterKind.CALL_NOW, LetterKind.NOBODY_AVAILABLE, LetterKind.SURVEY]
)
def test_a_letter_to_a_customer_promises_nothing_that_may_not_come_true(
    kind: LetterKind, link: LinkContext | None
) -> None:
    if kind is LetterKind.INVITATION and link is None:
        return
    context = letter_context(kind, link=link)
    words = as_text(write(context, ADDRESSES), context).lower()
    assert [promise for promise in PROMISES if promise in words] == []


def test_a_call_now_is_withdrawn_without_a_calendar_entry() -> None:
    letter = write(letter_context(LetterKind.WITHDRAWN, booking=None, starts_at=None), ADDRESSES)
    assert letter.calendar == ""
    assert "It would have been" not in " ".join(letter.lines)


def test_a_letter_with_an_incomplete_context_says_what_is_missing() -> None:
    with pytest.raises(Incomplete, match="no customer link"):
        write(letter_context(LetterKind.INVITATION, link=None), ADDRESSES)


@pytest.mark.parametrize("address", ["", "nobody", "two@x.example, more@y.example", "a@b\nBcc: c@d.example"])
def test_an_invalid_address_is_refused_finally(address: str) -> None:
    context = letter_context(LetterKind.INVITATION, recipient=address)
    with pytest.raises(Undelivered) as refused:
        as_mail(write(context, ADDRESSES), context, ADDRESSES)
    assert refused.value.final


def test_an_international_domain_is_encoded_for_mail_servers() -> None:
    mail = mail_of(letter_context(LetterKind.INVITATION, recipient="mira@bådhavn.example"))
    assert mail["To"] == "mira@xn--bdhavn-iua.example"


def test_a_delayed_reminder_names_the_remaining_time_or_is_not_sent() -> None:
    delayed = letter_context(LetterKind.REMINDER, sent_at=STARTS - timedelta(minutes=20))
    assert "begins in 20 minutes" in write(delayed, ADDRESSES).subject
    assert reason_obsolete(delayed) == ""
    assert (
        reason_obsolete(letter_context(LetterKind.REMINDER, sent_at=STARTS + timedelta(minutes=6)))
        == "the call has begun"
    )


@pytest.mark.parametrize(
    ("state", "why"),
    [("waiting", ""), ("taken", ""), ("unserved", "the call is over"), ("cancelled", "the call is over")],
)
def test_nobody_is_invited_to_a_call_now_that_is_over(state: str, why: str) -> None:
    assert reason_obsolete(letter_context(LetterKind.CALL_NOW, call_state=state)) == why


def test_an_expiry_has_no_seconds_and_a_start_keeps_its_own() -> None:
    odd = timedelta(seconds=17)
    for kind in (kind for kind in LetterKind if kind not in STAFF_LETTERS):
        link = LinkContext(1, STARTS + odd, open=True)
        assert ":17" not in as_text(
            write(letter_context(kind, link=link, survey_until=STARTS + odd), ADDRESSES), CONTEXT
        )
    booked = letter_context(LetterKind.CONFIRMATION, starts_at=STARTS + odd)
    assert "at 04:30:17 (America/New_York" in " ".join(write(booked, ADDRESSES).lines)


@pytest.mark.parametrize("kind", [LetterKind.REMINDER, LetterKind.AGENT_REMINDER])
@pytest.mark.parametrize(
    ("late", "words"),
    [(-31, "begins in 31 seconds"), (-10, "begins now"), (0, "begins now"), (1, "was due to begin 1 second ago")],
)
def test_no_call_begins_now_after_its_start(kind: LetterKind, late: int, words: str) -> None:
    letter = write(letter_context(kind, sent_at=STARTS + timedelta(seconds=late)), ADDRESSES)
    assert f"Your call {words}:" in letter.subject
    assert f"{words}:" in letter.lines[0]
    assert ("when it is time" in " ".join(letter.lines)) == (kind is LetterKind.REMINDER and late <= 0)
    assert bool(letter.after) == (kind is LetterKind.REMINDER and late <= 0)


@pytest.mark.parametrize(
    ("moment", "zone", "words"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Copenhagen", "02:30 (Europe/Copenhagen, UTC+2)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Copenhagen", "02:30 (Europe/Copenhagen, UTC+1)"),
        (datetime(2026, 6, 1, 0, 0, tzinfo=UTC), "Asia/Kolkata", "05:30 (Asia/Kolkata, UTC+5:30)"),
        (datetime(2026, 6, 1, 0, 0, tzinfo=UTC), "America/St_Johns", "21:30 (America/St_Johns, UTC-2:30)"),
        (datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC), "UTC", "12:00:30 (UTC)"),
    ],
)
def test_a_time_names_its_zone_and_its_offset(moment: datetime, zone: str, words: str) -> None:
    assert at(moment, zone).endswith(f" at {words}")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 second"), (45, "45 seconds"), (1200, "20 minutes"), (5400, "1 hour 30 minutes"), (90000, "1 day 1 hour")],
)
def test_a_duration_is_written_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words
