"""Half requests stop nobody: the web closes them in time, and answers everybody else meanwhile."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.web.office import Office, office
from tests.web.serving import served
from web import whole_body
from web.http_protocol import HEADERS_WITHIN, LARGEST_HEAD, PunctualHttp
from web.whole_body import BODY_WITHIN, UPLOADS_AT_ONCE

__all__ = ["office"]

HALF_HEAD = b"GET /desk HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
HALF_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 900\r\n\r\nemail=half"
)


class HastyHttp(PunctualHttp):
    headers_within = 1.0


class SlicedHttp(PunctualHttp):
    """What a client writes at once arrives in pieces of 16 KiB, as over TLS."""

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), 16 * 1024):
            super().data_received(data[start : start + 16 * 1024])


async def send_half(port: int, half: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(half)
    await writer.drain()
    return reader, writer


def test_headers_have_ten_seconds_and_bodies_thirty() -> None:
    assert (HEADERS_WITHIN, PunctualHttp.headers_within, BODY_WITHIN) == (10, 10, 30)


async def test_a_desk_is_answered_beside_200_half_requests(office: Office) -> None:
    """More than any lane holds: half requests must not have been admitted."""
    browser = await office.browser("Marta Manager")
    async with served(office, PunctualHttp) as port:
        halves = [await send_half(port, half) for half in (HALF_HEAD, HALF_BODY) for _ in range(100)]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=browser.client.headers) as client:
            for address in ("/desk", "/directory", "/sign-in", "/rules"):
                assert (await client.get(address)).status_code in (200, 303), address
        assert not any(reader.at_eof() for reader, _ in halves)
        for _, writer in halves:
            writer.close()


async def test_headers_that_trickle_in_are_given_up(office: Office) -> None:
    async with served(office, HastyHttp) as port:
        for half in (HALF_HEAD, b"\r\n"):
            reader, writer = await send_half(port, half)
            answer = await asyncio.wait_for(reader.read(), 60)
            assert answer.count(b"408 Request Timeout") == 1, half
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 60) == b"", "nothing was asked, so nothing is answered"
        writer.close()


async def test_line_ends_between_requests_keep_no_connection(office: Office) -> None:
    async with served(office, HastyHttp) as port:
        reader, writer = await send_half(port, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"}"), 60)
        writer.write(b"\r\n")
        assert b"408 Request Timeout" in await asyncio.wait_for(reader.read(), 60)
        writer.close()


async def test_headers_without_end_are_refused(office: Office) -> None:
    async with served(office, PunctualHttp) as port:
        for head in (HALF_HEAD + b"x" * 2 * LARGEST_HEAD, b"GET /" + b"x" * 2 * LARGEST_HEAD + b" HTTP/1.1\r\n\r\n"):
            reader, writer = await send_half(port, head)
            assert b"431" in await asyncio.wait_for(reader.readline(), 60)
            writer.close()


async def test_headers_within_the_limit_are_taken_in_however_many_pieces(office: Office) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    few = head + b"".join(b"X-%04d: %s\r\n" % (nth, b"x" * 90) for nth in range(280)) + b"\r\n"
    assert 24 * 1024 < len(few) < LARGEST_HEAD
    many = head + b"".join(b"X-%04d: %s\r\n" % (nth, b"x" * 90) for nth in range(400)) + b"\r\n"
    for protocol in (PunctualHttp, SlicedHttp):
        async with served(office, protocol) as port:
            for sent, status in ((few, b" 200 "), (many, b" 431 ")):
                reader, writer = await send_half(port, sent)
                assert status in await asyncio.wait_for(reader.readline(), 60), (protocol, len(sent))
                writer.close()


async def test_a_body_that_trickles_in_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_body, "BODY_WITHIN", 1.0)
    async with served(office, PunctualHttp) as port:
        reader, writer = await send_half(port, HALF_BODY)
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    assert b"408 Request Timeout" in answer
    assert b"took too long to arrive" in answer
    assert b"connection: close" in answer.lower()


async def test_half_uploads_beyond_a_few_are_refused_and_smaller_forms_are_taken(office: Office) -> None:
    """Each may take ten megabytes of memory, whoever sends it."""
    upload = b"POST /shifts/me/calendars HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n\r\nhalf"
    async with served(office, PunctualHttp) as port:
        halves = [await send_half(port, upload) for _ in range(UPLOADS_AT_ONCE + 1)]
        answered = [asyncio.create_task(reader.readline()) for reader, _ in halves]
        done, _ = await asyncio.wait(answered, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        assert [b" 503 " in task.result() for task in done] == [True]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.post("/shifts/me/calendars", data={"name": "Work"})).status_code == 401
        for task in answered:
            task.cancel()
        for _, writer in halves:
            writer.close()
