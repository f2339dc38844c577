"""Mail against a real server that is up, slow, silent, down, drops connections or refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from activities.integrations.mail import SmtpMailer, SmtpServer
from activities.letters.as_mail import as_mail
from activities.letters.write import write
from domain.delivery import Undelivered
from domain.letter import LetterKind
from tests.activities.mail_server import MailServer, listening
from tests.activities.sample_letter import ADDRESSES, letter_context
from tests.servers import free_port

CONTEXT = letter_context(LetterKind.CONFIRMATION)
MAIL = as_mail(write(CONTEXT, ADDRESSES), CONTEXT, ADDRESSES)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with listening(MailServer()) as running:
        yield running


async def failure_of(server: SmtpServer) -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await SmtpMailer(server).send(MAIL)
    return failed.value


async def test_a_mail_arrives_unchanged(server: MailServer) -> None:
    await SmtpMailer(server.settings()).send(MAIL)
    [mail] = server.caught
    assert mail["Message-ID"] == MAIL["Message-ID"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "https://calls.harborboats.example/c/" in body.get_content()


async def test_mail_reaches_an_international_domain(server: MailServer) -> None:
    context = letter_context(LetterKind.CONFIRMATION, recipient="mira@bådhavn.example", team_name="Bådhavn på Øresund")
    await SmtpMailer(server.settings()).send(as_mail(write(context, ADDRESSES), context, ADDRESSES))
    [mail] = server.caught
    assert b"RCPT TO:<mira@xn--bdhavn-iua.example>" in server.heard
    assert b"SMTPUTF8" not in server.heard
    assert mail["From"].addresses[0].display_name == "Bådhavn på Øresund"


async def test_a_refused_address_is_final_and_a_busy_one_is_not(server: MailServer) -> None:
    server.refused["mira@olsen.example"] = "550 no such person"
    refused = await failure_of(server.settings())
    server.refused["mira@olsen.example"] = "451 come back later"
    busy = await failure_of(server.settings())
    assert refused.final
    assert "550: no such person" in str(refused)
    assert not busy.final


async def test_a_refused_authentication_is_retried(server: MailServer) -> None:
    server.refused["mira@olsen.example"] = "530 authentication required"
    assert not (await failure_of(server.settings())).final


async def test_a_slow_server_times_out(server: MailServer) -> None:
    server.slow = 5
    failed = await failure_of(server.settings(timeout=0.3))
    assert not failed.final
    assert "does not answer" in str(failed)


async def test_a_server_that_answers_byte_by_byte_is_left_without_a_goodbye(server: MailServer) -> None:
    server.drips = True
    failed = await failure_of(server.settings(timeout=0.5))
    assert not failed.final
    assert server.heard.endswith(b"\r\n.\r\n")


async def test_a_server_that_never_answers_quit_has_taken_the_mail(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.integrations.mail.GOODBYE", 0.1)
    server.deaf_to_quit = True
    await SmtpMailer(server.settings(timeout=30)).send(MAIL)
    assert len(server.caught) == 1


async def test_a_silent_server_times_out() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        assert not (await failure_of(SmtpServer("127.0.0.1", port, timeout=0.3))).final


async def test_a_server_that_is_down_is_retried() -> None:
    assert not (await failure_of(SmtpServer("127.0.0.1", free_port()))).final


async def test_a_connection_dropped_after_data_is_retried(server: MailServer) -> None:
    server.drops = 1
    assert not (await failure_of(server.settings())).final
    assert len(server.caught) == 1


async def test_starttls_never_falls_back_to_plain_text(server: MailServer) -> None:
    settings = SmtpServer("127.0.0.1", server.port, encryption="starttls")
    await failure_of(settings)
    assert server.caught == []
