"""The vital signs of an installation, and which of them call for somebody. Pure."""

from __future__ import annotations

from dataclasses import dataclass

UNRELAYED_AT_MOST = 30.0
"""Seconds that an event may wait for its workflow to be told; usually it takes a fraction of one."""
QUEUED_AT_MOST = 300.0
"""Seconds that a message may wait to be sent."""
ROUND_AT_LEAST_EVERY = 15.0
"""Seconds between two rounds; a ticker wakes at least every two."""
AUDIT_AT_LEAST_EVERY = 900.0
"""Seconds between two audits of which every step succeeds; usually they are thirty seconds apart."""


@dataclass(frozen=True)
class VitalSigns:
    """What waits, how long, and who last did something about it. Ages are in seconds; 0 if nothing waits."""

    unrelayed: int
    """Events that their workflows have not been told."""
    oldest_unrelayed: float
    unserved: int
    """Calls that are due and that nobody has."""
    oldest_unserved: float
    queued: int
    """Messages that are due but not sent."""
    oldest_queued: float
    """How long the oldest of them has been due. Sending a failed one again counts from then."""
    failed_messages: int
    rounds_last_minute: int
    """Rounds in the last full minute."""
    since_round: float | None
    """None if there was none yet."""
    workflows_failing: int
    """As of the latest audit."""
    since_audit: float | None
    """Since the latest audit of which every step succeeded; None if there was none yet."""
    workflows_rebuilt: int
    """Since the installation began."""


@dataclass(frozen=True)
class Concern:
    """Something that is wrong, and what to do about it."""

    part: str
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.what}: {self.advice}"


def concerns(signs: VitalSigns) -> list[Concern]:
    """What is wrong, the most urgent first."""
    found = []
    if signs.since_round is not None and signs.since_round > ROUND_AT_LEAST_EVERY:
        what = f"no round for {signs.since_round:.0f} s, {signs.unserved} calls due"
        found.append(Concern("rounds", what, "nobody is asked to take calls; start a ticker, or look at its log"))
    if signs.oldest_unrelayed > UNRELAYED_AT_MOST:
        what = f"{signs.unrelayed} events not relayed, the oldest for {signs.oldest_unrelayed:.0f} s"
        found.append(Concern("outbox", what, "is a worker running, and does Temporal answer?"))
    if signs.workflows_failing:
        what = f"tasks of {signs.workflows_failing} workflows fail"
        advice = "a worker rebuilds them within minutes; if they stay, look at its log and run `muster rebuild --all`"
        found.append(Concern("workflows", what, advice))
    if signs.since_audit is not None and signs.since_audit > AUDIT_AT_LEAST_EVERY:
        what = f"no complete audit for {signs.since_audit / 60:.0f} min"
        advice = "is a worker running, and does Temporal answer? Otherwise, look at the worker's log"
        found.append(Concern("auditor", what, advice))
    if signs.oldest_queued > QUEUED_AT_MOST:
        what = f"{signs.queued} messages wait, the oldest for {signs.oldest_queued / 60:.0f} min"
        found.append(Concern("messages", what, "is a worker running, and does the mail server answer?"))
    return found
