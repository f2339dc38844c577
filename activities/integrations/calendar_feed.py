"""Fetching somebody's calendar from an address that they gave us: bounded in time, size, hops and places."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from activities.integrations.public_address import address_to_call
from domain.delivery import Undelivered
from domain.schedules.calendar_feed import LARGEST, FeedUnread

TIMEOUT = 20.0
"""Seconds for everything, redirects included: a server that sends a byte a second is given up, too."""
HOPS = 3
LONGEST_ETAG = 200


@dataclass(frozen=True)
class FetchResult:
    content: bytes | None
    """None: the same as before."""
    etag: str


async def fetch_calendar(
    url: str, *, etag: str = "", private_addresses: bool = False, timeout: float = TIMEOUT
) -> FetchResult:
    """What stands at the address now. Raises ``FeedUnread``."""
    try:
        async with asyncio.timeout(timeout):
            return await _follow(httpx.URL(web_address(url)), etag, private_addresses)
    except Undelivered as refused:
        raise FeedUnread(str(refused)) from None
    except TimeoutError:
        raise FeedUnread(f"it was not answered within {timeout:.0f} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise FeedUnread(f"it can't be reached ({type(error).__name__})") from None


def web_address(url: str) -> str:
    """``webcal://`` is how calendars write ``https://``."""
    scheme, separator, rest = url.strip().partition("://")
    return f"https://{rest}" if separator and scheme.lower() in ("webcal", "webcals") else url.strip()


async def _follow(url: httpx.URL, etag: str, private_addresses: bool) -> FetchResult:
    # Each hop is judged anew, and called by the number that was judged.
    for _ in range(HOPS + 1):
        number = await address_to_call(url, private_addresses, "calendar")
        headers = {"host": url.netloc.decode("ascii"), "accept": "text/calendar", "accept-encoding": "identity"}
        if etag:
            headers["if-none-match"] = etag
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "GET",
                url.copy_with(host=number),
                headers=headers,
                # The certificate must be that of the name, although the number is called.
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            if answer.has_redirect_location:
                url = url.join(answer.headers["location"])
                continue
            return await _read(answer)
    raise FeedUnread(f"it leads on more than {HOPS} times")


async def _read(answer: httpx.Response) -> FetchResult:
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return FetchResult(None, _etag(answer))
    if answer.status_code != httpx.codes.OK:
        raise FeedUnread(f"it is answered with {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        # Unfolding is not ours to bound: a few bytes may become a great many.
        raise FeedUnread("it comes compressed, which was not asked for")
    content = bytearray()
    async for chunk in answer.aiter_raw():
        content += chunk
        if len(content) > LARGEST:
            raise FeedUnread(f"it has more than {LARGEST // 1_000_000} MB")
    return FetchResult(bytes(content), _etag(answer))


def _etag(answer: httpx.Response) -> str:
    """Empty where it can't be sent back as it came."""
    etag = answer.headers.get("etag", "")
    return etag if len(etag) <= LONGEST_ETAG and etag.isascii() and etag.isprintable() else ""
