"""The HTTP status of each domain failure."""

from __future__ import annotations

from database.stores.staff.fact_types import FactUnfit, FactUnknown
from domain.booking import SlotRefused
from domain.call import CallOver, JoinUnknown
from domain.customer_link import LinkExpired, LinkUnknown
from domain.directory_names import NameUnfit
from domain.escalation import BookingOnly, CallRefused, EscalationUnknown, KeyReused, TicketUnknown
from domain.failure import Busy, Failure, Overloaded, Unreachable
from domain.follow_up import NotYourFollowUp
from domain.people import CardUnfit, NotYoursToChange, PersonGone
from domain.rating import SurveyOver
from domain.schedules.change import EntryUnknown, PersonUnknown, ScheduleRefused
from domain.sign_in import (
    NotSignedIn,
    RoleMissing,
    SignInLinkExpired,
    SignInLinkUnknown,
    SignInLinkUsed,
    SignInRefused,
    TooManyMisses,
)
from domain.tickets.account import AccountUnclear
from domain.tickets.reference import ReferenceUnclear

RETRY_AFTER = 3
"""Seconds after which a request that was answered 503 may be sent again."""
CONFLICT = 409
"""The status for failures that are not listed: the current state doesn't allow the request."""

_BY_STATUS: dict[int, tuple[type[Failure], ...]] = {
    401: (
        NotSignedIn,
        SignInRefused,
    ),
    403: (
        NotYourFollowUp,
        NotYoursToChange,
        RoleMissing,
    ),
    404: (
        EntryUnknown,
        EscalationUnknown,
        FactUnknown,
        JoinUnknown,
        LinkUnknown,
        PersonGone,
        PersonUnknown,
        SignInLinkUnknown,
        TicketUnknown,
    ),
    410: (
        CallOver,
        LinkExpired,
        SignInLinkExpired,
        SignInLinkUsed,
        SurveyOver,
    ),
    422: (
        AccountUnclear,
        BookingOnly,
        CallRefused,
        CardUnfit,
        FactUnfit,
        KeyReused,
        NameUnfit,
        ReferenceUnclear,
        ScheduleRefused,
        SlotRefused,
    ),
    429: (TooManyMisses,),
    503: (
        Busy,
        Overloaded,
        Unreachable,
    ),
}
_STATUS = {kind: status for status, kinds in _BY_STATUS.items() for kind in kinds}


def status_of(failure: Failure | type[Failure]) -> int:
    """The failure's own ``status``, if it is one of the web package's failures; otherwise the one listed here."""
    kind = failure if isinstance(failure, type) else type(failure)
    listed = next((_STATUS[base] for base in kind.__mro__ if base in _STATUS), CONFLICT)
    status: int = getattr(kind, "status", listed)
    return status
