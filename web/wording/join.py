"""What the page for joining a call says once this side can't join it any more. Pure."""

from __future__ import annotations

from datetime import datetime

from database.stores.call import JoinPage
from database.stores.customer_link import LinkPage
from web.customer.stage import LIVE, stage_of
from web.wording.ended import EndedWords, ended_words

_OVER = EndedWords("This call is over", "")
_FOR_AGENTS = {
    "cancelled": EndedWords("This call was called off", "Nobody is waiting for you."),
    "unserved": EndedWords("This call did not take place", "Nobody could take it in time."),
    "missed": EndedWords("This call did not take place", "The customer did not come."),
}
_GIVEN_AWAY = EndedWords("This call is no longer yours", "Somebody else has it, or is looked for.")


def why_over(join: JoinPage, link: LinkPage | None, now: datetime) -> EndedWords:
    """Why this call can't be joined: it ended, did not take place, was cancelled or went to somebody else."""
    if join.side == "customer":
        stage = None if link is None else stage_of(link, now)
        return _OVER if link is None or stage is None or stage in LIVE else ended_words(link, stage)
    if join.call_state in ("waiting", "offered", "taken", "on_call"):
        return _GIVEN_AWAY
    return _FOR_AGENTS.get(join.call_state, _OVER)
