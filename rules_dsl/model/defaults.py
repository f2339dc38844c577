"""The defaults of all settings, in seconds unless noted otherwise."""

from __future__ import annotations

from datetime import date

from rules_dsl.model.decision import Booking, CallTimes, Feedback, Links, OrderKey, Reminders

ORDER = (OrderKey.LEAST_BUSY, OrderKey.LONGEST_IDLE)
SLOT = 30 * 60
BOOKING = Booking(slot=SLOT, start_every=SLOT, notice=2 * 3600, horizon=0, horizon_working_days=10)
CALLS = CallTimes(prepare=10 * 60, offer=45, wait_for_customer=10 * 60, wrap_up=10 * 60)
REMINDERS = Reminders(customer=(86400, 3600), agent=(5 * 60,))
ASK_AGAIN = 2 * 86400
FEEDBACK = Feedback(ask_after=3600, ask_again_after=ASK_AGAIN, alert_under=None)
LINKS = Links(live_expires=30 * 60, booking_expires=7 * 86400, survey_expires=14 * 86400)

EXAMPLE_WEEK = date(2026, 2, 2)
"""The Monday of the week in which examples take place: an ordinary week without clock changes."""
EXAMPLE_MOMENT = (2, 12 * 60)
"""The weekday and minute of the day used for an example that gives no time: Wednesday noon."""
