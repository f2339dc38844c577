"""Whose guesses count against whom: client addresses, proxies and accounts."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest

from tests.web.office import Office, office
from tests.web.security.test_sign_in import ADDRESS, PASSWORD, give_password, link_for, sign_in_by_form
from web.security.rate_limit import FAILURES_A_MINUTE, FORGED_A_MINUTE, SIGN_INS_A_MINUTE

__all__ = ["office"]

LISTED, UNLISTED = "127.0.0.1", "10.0.0.7"
"""Proxies: the first is trusted by default."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The limits' clock in seconds, moved by the test alone."""
    told = [1_000_000.0]
    standing = SimpleNamespace(time=lambda: told[0])
    monkeypatch.setattr("limits.storage.memory.time", standing)
    monkeypatch.setattr("web.security.rate_limit.time", standing)
    return told


def through(office: Office, peer: str, *forwarded: str) -> httpx.AsyncClient:
    """A client whose requests come from this peer, which reports these addresses."""
    transport = httpx.ASGITransport(office.app, raise_app_exceptions=False, client=(peer, 4000))
    headers = {"X-Forwarded-For": ", ".join(forwarded)} if forwarded else {}
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers)


async def guess_links(client: httpx.AsyncClient, times: int) -> list[int]:
    return [(await client.get("/c/guess")).status_code for _ in range(times)]


async def test_behind_an_unlisted_proxy_nobody_locks_others_out(office: Office, clock: list[float]) -> None:
    await give_password(office)
    async with through(office, UNLISTED, "192.0.2.1") as guesser:
        assert await guess_links(guesser, FAILURES_A_MINUTE + 5) == [404] * (FAILURES_A_MINUTE + 5)
        for nth in range(FAILURES_A_MINUTE + 5):
            assert (await sign_in_by_form(guesser, f"{nth}@harborboats.example", "wrong")).status_code == 401
    async with through(office, UNLISTED, "192.0.2.2") as other:
        assert await guess_links(other, 1) == [404]
        assert (await sign_in_by_form(other, ADDRESS, PASSWORD)).status_code == 303


async def test_behind_a_trusted_proxy_each_client_has_a_limit_of_its_own(office: Office, clock: list[float]) -> None:
    async with through(office, LISTED, "192.0.2.1") as guesser:
        assert await guess_links(guesser, FAILURES_A_MINUTE + 1) == [404] * FAILURES_A_MINUTE + [429]
    async with through(office, LISTED, "192.0.2.2") as other:
        assert await guess_links(other, 1) == [404]


@pytest.mark.parametrize("hop", ["unknown", "_hidden", LISTED, "", "[", "192.0.2.1, unknown"])
async def test_visitors_whom_a_trusted_proxy_does_not_name_share_no_limit(
    office: Office, clock: list[float], hop: str
) -> None:
    async with through(office, LISTED, hop) as guesser:
        assert await guess_links(guesser, FAILURES_A_MINUTE + 5) == [404] * (FAILURES_A_MINUTE + 5)


async def test_a_client_is_known_by_its_address_whatever_its_port(office: Office, clock: list[float]) -> None:
    for hop in ("203.0.113.7:{}", "[2001:db8::7]:{}"):
        answers = []
        for nth in range(FAILURES_A_MINUTE + 1):
            async with through(office, LISTED, hop.format(5512 + nth)) as guesser:
                answers += await guess_links(guesser, 1)
        assert answers == [404] * FAILURES_A_MINUTE + [429], hop
    async with through(office, LISTED, "203.0.113.8:5512") as other:
        assert await guess_links(other, 1) == [404]


async def test_what_a_client_writes_before_the_proxys_entry_changes_nothing(office: Office, clock: list[float]) -> None:
    answers = []
    for nth in range(FAILURES_A_MINUTE + 1):
        async with through(office, LISTED, f"198.51.100.{nth}", "192.0.2.1", LISTED) as guesser:
            answers += await guess_links(guesser, 1)
    assert answers == [404] * FAILURES_A_MINUTE + [429]


async def test_a_trusted_peer_that_varies_its_header_still_meets_the_accounts_limit(
    office: Office, clock: list[float]
) -> None:
    answers = []
    for nth in range(SIGN_INS_A_MINUTE + 1):
        async with through(office, LISTED, f"192.0.2.{nth}") as guesser:
            answers.append((await sign_in_by_form(guesser, ADDRESS, "wrong")).status_code)
    assert answers == [401] * SIGN_INS_A_MINUTE + [429]


async def test_each_purpose_has_a_limit_of_its_own(office: Office, clock: list[float]) -> None:
    async with through(office, "192.0.2.9") as client:
        assert await guess_links(client, FAILURES_A_MINUTE + 1) == [404] * FAILURES_A_MINUTE + [429]
        forged = [
            await client.get("/api/v1/escalations", headers={"Authorization": f"Bearer {nth}"}) for nth in range(31)
        ]
        assert [answer.status_code for answer in forged] == [401] * FAILURES_A_MINUTE + [429]
        assert forged[-1].headers["Retry-After"] == "60"
        right = {"Authorization": f"Bearer {office.api_token}"}
        assert (await client.get("/api/v1/escalations", headers=right)).status_code == 200, (
            "a right token is never refused"
        )
        unsigned = [(await client.post("/hooks/zendesk/harbor", content=b"{}")).status_code for _ in range(31)]
        assert unsigned == [401] * FAILURES_A_MINUTE + [429]
        assert (await sign_in_by_form(client, ADDRESS, "wrong")).status_code == 401
        assert (await client.get(await link_for(office))).status_code == 200, "a right link is never refused"
        clock[0] += 60
        assert await guess_links(client, 1) == [404]


async def test_wrong_signatures_for_one_source_are_limited_from_all_addresses(
    office: Office, clock: list[float]
) -> None:
    answers = []
    for nth in range(FORGED_A_MINUTE + 1):
        async with through(office, f"192.0.2.{nth}") as client:
            answers.append((await client.post("/hooks/zendesk/harbor", content=b"{}")).status_code)
    assert answers == [401] * FORGED_A_MINUTE + [429]
