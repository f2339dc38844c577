"""Warns about settings that contradict each other: each is fine alone, but together they leave nothing to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from rules_dsl.compiler.resolve_names import Names
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.model import defaults
from rules_dsl.model.amounts import format_duration
from rules_dsl.model.decision import Booking, OpenHours
from rules_dsl.model.hours import wall_instant, working_days_after
from rules_dsl.syntax.tree import BlockKind, RulesFile, Setting
from rules_dsl.syntax.tree_actions import BookSlots, Prepare
from rules_dsl.syntax.tree_conditions import START, Place

_WEEK = 7
_DAY_MINUTES = 24 * 60
_LIMIT_WORDS = {
    "calls a day": "the calls a day", "shift share": "the share of a shift", "gap": "the time between calls",
    "shift end": "the end of a shift",
}  # fmt: skip


def check_settings(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    """Check settings against each other. Only for files without errors."""
    _check_horizon(names, tree, ruleset)
    _check_slots(names, tree, ruleset)
    _check_preparation(names, tree, ruleset)
    _check_limits(names, tree)
    _check_survey(names, tree, ruleset)


def _settings(tree: RulesFile, kind: BlockKind) -> Iterator[Setting]:
    return (setting for block in tree.of(kind) for setting in block.settings)


def _place(tree: RulesFile, kind: BlockKind, *keys: str) -> Place:
    """The position of the first of these settings that the file has."""
    written = {setting.key: setting.at for setting in reversed([*_settings(tree, kind)])}
    return next((written[key] for key in keys if key in written), START)


def _check_horizon(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    booking, zone = ruleset.booking, ruleset.time_zone
    noons = (
        wall_instant(ZoneInfo(zone), defaults.EXAMPLE_WEEK + timedelta(days=day), defaults.EXAMPLE_MOMENT[1] * 60)
        for day in range(_WEEK)
    )
    try:
        never = all(
            working_days_after(booking.hours, zone, noon, booking.notice_working_days)
            + timedelta(seconds=booking.notice)
            >= working_days_after(booking.hours, zone, noon, booking.horizon_working_days)
            + timedelta(seconds=booking.horizon)
            for noon in noons
        )
    except ValueError:
        return
    if never:
        at = _place(tree, BlockKind.BOOKING, "notice", "horizon")
        names.report("R331", at, notice=_notice(booking), horizon=_horizon(booking))


def _notice(booking: Booking) -> str:
    return _days(booking.notice_working_days) or format_duration(booking.notice)


def _horizon(booking: Booking) -> str:
    return _days(booking.horizon_working_days) or format_duration(booking.horizon)


def _days(working: int) -> str:
    return f"{working} working day{'' if working == 1 else 's'}" if working else ""


def _check_slots(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    hours = ruleset.booking.hours
    longest = _longest_opening(hours) if hours is not None else 0
    if hours is None or not longest:
        return
    own = [(line.length.seconds, line.at) for block in tree.blocks for line in block.actions
           if isinstance(line, BookSlots)]  # fmt: skip
    general = (ruleset.booking.slot, _place(tree, BlockKind.BOOKING, "slots", "hours"))
    for slot, at in (general, *own):
        if slot > longest:
            names.report("R332", at, slot=format_duration(slot), hours=hours.name, longest=format_duration(longest))


def _longest_opening(hours: OpenHours) -> int:
    """The longest time without a break, in seconds, on days that aren't holidays; at most a week."""
    minutes = sorted(
        {(day * _DAY_MINUTES + start + week, day * _DAY_MINUTES + end + week)
         for day, start, end in hours.spans for week in (0, _WEEK * _DAY_MINUTES)}
    )  # fmt: skip
    longest, first, last = 0, 0, -1
    for start, end in minutes:
        first, last = (first, max(last, end)) if start <= last else (start, end)
        longest = max(longest, last - first)
    return min(longest, _WEEK * _DAY_MINUTES) * 60


def _check_preparation(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    booking = ruleset.booking
    if booking.notice_working_days:
        return
    own = [(line.before.seconds, line.at) for block in tree.blocks for line in block.actions
           if isinstance(line, Prepare)]  # fmt: skip
    if any(setting.key == "prepare" for setting in _settings(tree, BlockKind.CALLS)):
        own.append((ruleset.calls.prepare, _place(tree, BlockKind.CALLS, "prepare")))
    elif any(setting.key == "notice" for setting in _settings(tree, BlockKind.BOOKING)):
        own.append((ruleset.calls.prepare, _place(tree, BlockKind.BOOKING, "notice")))
    for prepare, at in own:
        if prepare > booking.notice:
            names.report("R333", at, prepare=format_duration(prepare), notice=format_duration(booking.notice))


def _check_limits(names: Names, tree: RulesFile) -> None:
    """Report limits that never apply because a stricter one always does."""
    limits = [*_settings(tree, BlockKind.LIMITS)]
    general = [setting for setting in limits if setting.key == "calls a day"]
    least = min(general, key=lambda setting: setting.number, default=None)
    for setting in limits:
        title = setting.name.text if setting.key == "title calls" and setting.name is not None else None
        alike = [other for other in limits if other.key == setting.key and setting.key != "more" and (
            title is None or (other.name is not None and other.name.text == title))]  # fmt: skip
        strictest = min(alike, key=_leniency, default=setting)
        if strictest is not setting:
            what = f'the calls a day for title "{title}"' if title else _LIMIT_WORDS[setting.key]
            names.report("R335", setting.at, what=what, line=strictest.at.line)
        elif title is not None and least is not None and least.number <= setting.number:
            names.report("R335", setting.at, what=_LIMIT_WORDS["calls a day"], line=least.at.line)
    if any(setting.key == "more" for setting in limits):
        return
    for setting in _settings(tree, BlockKind.BOOKING):
        if setting.key == "bookings a day" and least is not None and least.number < setting.number:
            names.report("R335", setting.at, what=_LIMIT_WORDS["calls a day"], line=least.at.line)


def _leniency(setting: Setting) -> int:
    """Lower for a stricter limit of the same kind: a longer time, a smaller number."""
    return -setting.durations[0].seconds if setting.durations else setting.number


def _check_survey(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    again, expires = ruleset.feedback.ask_again_after, ruleset.links.survey_expires
    if again is None or expires > again:
        return
    if any(setting.key == "survey" for setting in _settings(tree, BlockKind.LINKS)):
        at = _place(tree, BlockKind.LINKS, "survey")
    else:
        at = _place(tree, BlockKind.FEEDBACK, "again")
    names.report("R336", at, expires=format_duration(expires), again=format_duration(again))
