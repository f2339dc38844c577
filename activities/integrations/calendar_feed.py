"""Fetches a person's calendar from an address that they entered, with limits on time, size, redirects and hosts."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass

import httpx

from activities.integrations.public_address import address_to_call
from domain.delivery import Undelivered
from domain.schedules.calendar_feed import LARGEST, FeedUnread

TIMEOUT = 20.0
"""Time limit in seconds for the whole fetch, redirects included, even from a server that sends one byte per second."""
REDIRECTS_AT_MOST = 8
ENCODINGS = {"", "identity", "gzip", "x-gzip"}
"""Encodings that the reader unpacks, which happens in its own process, within limits. We ask for no others; "deflate"
would be ambiguous, because some servers leave out its header.
"""
LONGEST_ETAG = 200


@dataclass(frozen=True)
class FetchResult:
    content: bytes | None
    """As it came, perhaps compressed. None if it hasn't changed."""
    etag: str


async def fetch_calendar(
    url: str, *, etag: str = "", private_addresses: bool = False, time_limit: float = TIMEOUT
) -> FetchResult:
    """Fetch the calendar at this address. Raises ``FeedUnread``."""
    try:
        async with asyncio.timeout(time_limit):
            return await _follow(httpx.URL(web_address(url)), etag, private_addresses)
    except Undelivered as refused:
        raise FeedUnread(str(refused)) from None
    except TimeoutError:
        raise FeedUnread(f"the server didn't answer within {time_limit:.0f} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise FeedUnread(_in_words(error)) from None


def _in_words(error: Exception) -> str:
    """What went wrong on the way to a calendar, for its owner."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "its server can't be reached safely: the certificate isn't valid"
        if isinstance(cause, socket.gaierror):
            return "its server's name can't be found"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.InvalidURL | UnicodeError):
        return "it can't be reached: its address isn't valid"
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "its server's answer broke off or makes no sense"
    return "it can't be reached: its server doesn't answer"


def web_address(url: str) -> str:
    """The address, with the calendar scheme ``webcal://`` replaced by ``https://``."""
    scheme, separator, rest = url.strip().partition("://")
    return f"https://{rest}" if separator and scheme.lower() in ("webcal", "webcals") else url.strip()


async def _follow(url: httpx.URL, etag: str, private_addresses: bool) -> FetchResult:
    # Each redirect's host is checked, and we connect to the very IP address that was checked.
    for _ in range(REDIRECTS_AT_MOST + 1):
        ip_address = await address_to_call(url, private_addresses, "calendar")
        headers = {"host": url.netloc.decode("ascii"), "accept": "text/calendar", "accept-encoding": "gzip"}
        if etag:
            headers["if-none-match"] = etag
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "GET",
                url.copy_with(host=ip_address),
                headers=headers,
                # The certificate must match the host name, although we connect by IP address.
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            if answer.has_redirect_location:
                url = url.join(answer.headers["location"])
                continue
            return await _read(answer)
    raise FeedUnread(f"it redirects more than {REDIRECTS_AT_MOST} times")


async def _read(answer: httpx.Response) -> FetchResult:
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return FetchResult(None, _etag(answer))
    if answer.status_code != httpx.codes.OK:
        raise FeedUnread(f"the server answered {answer.status_code}")
    if answer.headers.get("content-encoding", "").strip().lower() not in ENCODINGS:
        raise FeedUnread("it comes compressed in an unsupported way")
    content = bytearray()
    async for chunk in answer.aiter_raw():
        content += chunk
        if len(content) > LARGEST:
            raise FeedUnread(f"it is larger than {LARGEST // 1_000_000} MB")
    return FetchResult(bytes(content), _etag(answer))


def _etag(answer: httpx.Response) -> str:
    """The response's ETag; empty if it can't be sent back unchanged."""
    etag = answer.headers.get("etag", "")
    return etag if len(etag) <= LONGEST_ETAG and etag.isascii() and etag.isprintable() else ""
