"""Rooms by settings, the relays' credentials, and what is known of the other side."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from domain.media.peer import GONE_AFTER, RELOADED_WITHIN, CallPeer, PeerState, state_of
from domain.media.relay import STUN, TURN, VALID_FOR, CallRelays, addresses
from domain.media.room import AddressRoom, BuiltInRoom, JitsiRoom, room_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_the_settings_choose_the_room() -> None:
    assert room_of("", "", "https://calls.example") == BuiltInRoom()
    assert room_of("", "https://jitsi.example/", "") == JitsiRoom("https://jitsi.example/")
    room = room_of("{public_url}/rooms/{call_id}", "https://jitsi.example", "https://calls.example")
    assert room == AddressRoom("https://calls.example/rooms/{call_id}")
    assert (room.address("42"), room.site) == ("https://calls.example/rooms/42", "https://calls.example")


def test_a_jitsi_room_belongs_to_one_call_and_records_nothing() -> None:
    room = JitsiRoom("https://jitsi.example/")
    assert room.site == "https://jitsi.example"
    assert room.address("42").startswith("https://jitsi.example/muster-42#")
    assert "config.fileRecordingsEnabled=false" in room.address("42")


def test_the_built_in_room_has_no_address_of_its_own() -> None:
    assert (BuiltInRoom().own_page, BuiltInRoom().address("42"), BuiltInRoom().site) == (True, "", "")


def test_a_relay_is_lent_for_an_hour_by_a_password_that_it_can_check() -> None:
    (server,) = CallRelays((), ("turn:turn.example:3478",), "secret").servers("42", "agent", NOW)
    name = f"{int((NOW + VALID_FOR).timestamp())}:42/agent"
    password = base64.b64encode(hmac.new(b"secret", name.encode(), hashlib.sha1).digest()).decode()
    assert server == {"urls": ["turn:turn.example:3478"], "username": name, "credential": password}


def test_without_its_secret_a_relay_is_not_lent() -> None:
    assert CallRelays((), ("turn:turn.example:3478",)).servers("42", "agent", NOW) == []


def test_addresses_of_relays_have_their_schemes() -> None:
    assert addresses(" turn:a.example , turns:b.example:443?transport=tcp,", TURN) == (
        "turn:a.example",
        "turns:b.example:443?transport=tcp",
    )
    with pytest.raises(ValueError, match=r"expected stun: or stuns:, found https://a\.example"):
        addresses("https://a.example", STUN)


def peer(silent: timedelta = timedelta(0), since: timedelta = timedelta(hours=1)) -> CallPeer:
    return CallPeer("page", NOW - since, NOW - silent)


@pytest.mark.parametrize(
    ("other", "own_since", "heard", "state"),
    [
        (None, timedelta(hours=1), False, PeerState.UNKNOWN),
        (peer(GONE_AFTER - timedelta(seconds=1)), timedelta(hours=1), False, PeerState.HERE),
        (peer(GONE_AFTER), timedelta(hours=1), False, PeerState.LOST),
        (peer(GONE_AFTER), timedelta(seconds=1), False, PeerState.UNKNOWN),
        (peer(timedelta(minutes=5)), timedelta(hours=1), True, PeerState.HERE),
        (CallPeer("p", NOW, NOW, NOW), timedelta(hours=1), True, PeerState.HERE),
        (CallPeer("p", NOW, NOW, NOW - RELOADED_WITHIN), timedelta(hours=1), True, PeerState.LEFT),
    ],
)
def test_the_other_sides_state_follows_from_both_sides_beats(
    other: CallPeer | None, own_since: timedelta, heard: bool, state: PeerState
) -> None:
    assert state_of(other, peer(since=own_since), NOW, heard=heard) is state
