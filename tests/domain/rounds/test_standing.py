"""One state for each person, with its reason and its end, and its words on the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.rounds.presence import VANISHED_AFTER
from domain.rounds.rest import Rest, RestReason
from domain.rounds.standing import AcceptedCall, PersonDesk, Standing, StandingState, standing_of
from web.wording.standing import idle_words, standing_words

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HERE = PersonDesk("available", "", NOW - MINUTE, NOW, on_shift=True, free_for_calls=True, next_shift=None)
GAP = Rest(RestReason.GAP, NOW + 9 * MINUTE, 600)
TAKEN = AcceptedCall("taken", NOW, join_by=NOW + 2 * MINUTE)
WRITING = AcceptedCall("wrapping_up", NOW, frees_at=NOW + 3 * MINUTE)


@pytest.mark.parametrize(
    ("desk", "calls", "says", "idle"),
    [
        (HERE, [], "Available since 11:59", "No offer right now."),
        (replace(HERE, rest=GAP), [], "Resting under the 10-minute rule until 12:09", "until 12:09. After that"),
        (
            replace(HERE, rest=Rest(RestReason.CALLS_A_DAY, NOW + 12 * 60 * MINUTE, 5)),
            [],
            "Resting after 5 calls today, the most the rules allow, until 00:00",
            "No calls are offered to you until 00:00",
        ),
        (
            replace(HERE, rest=Rest(RestReason.SHIFT_END, NOW + 20 * MINUTE, 1800)),
            [],
            "Resting in the last 30 min of your shift, as the rules say, until 12:20",
            "until 12:20",
        ),
        (
            replace(HERE, rest=Rest(RestReason.OCCUPANCY, NOW + 20 * MINUTE, 90)),
            [],
            "Resting from calls now, after 90 % of your time in calls, until 12:20 at the latest",
            "Only booked calls are offered to you until 12:20 at the latest.",
        ),
        (HERE, [TAKEN], "Call taken: join by 12:02, or somebody else is asked", ""),
        (HERE, [AcceptedCall("on_call", NOW)], "On the call since 12:00", ""),
        (HERE, [WRITING], "Wrapping up until 12:03; then calls can be offered to you again", ""),
        (replace(HERE, rest=GAP), [WRITING], "Wrapping up until 12:03; then calls", ""),
        (HERE, [replace(WRITING, freed=True)], "Available since 11:59", ""),
        (HERE, [replace(WRITING, frees_at=NOW)], "Available since 11:59", ""),
        (HERE, [replace(WRITING, freed=True), TAKEN], "Call taken: join by 12:02", ""),
        (replace(HERE, state="away", reason="lunch"), [], "Away: lunch since 11:59", "You are away."),
        (replace(HERE, state="away"), [], "Away since 11:59", "You are away."),
        (replace(HERE, state="offline"), [], "Offline", "You are offline."),
        (replace(HERE, state=None, seen_at=None), [], "Offline", "You are offline."),
        (replace(HERE, on_shift=False), [], "Available since 11:59", "off shift"),
        (replace(HERE, free_for_calls=False), [], "Available since 11:59", "kept free"),
        (
            replace(HERE, seen_at=NOW - VANISHED_AFTER),
            [],
            "Not connected since 11:59; no calls are offered to you",
            "lost its connection",
        ),
    ],
)
def test_a_standing_is_said_with_its_reason_and_its_end(
    desk: PersonDesk, calls: list[AcceptedCall], says: str, idle: str
) -> None:
    standing = standing_of(desk, calls, NOW)
    words = standing_words(standing)
    moment = f"{words.moment:%H:%M}" if words.moment else ""
    assert f"{words.state} {words.before} {moment}{words.after}".strip().startswith(says)
    assert idle in idle_words(standing, "UTC")


def test_who_is_available_knows_when_the_next_rest_begins() -> None:
    begins = NOW + 5 * MINUTE
    assert standing_of(replace(HERE, rest_begins=begins), [], NOW) == Standing(
        StandingState.AVAILABLE, HERE.since, begins
    )
