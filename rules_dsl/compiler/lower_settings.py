"""Lowers the settings blocks: limits, booking, calls, reminders, feedback, links."""

from __future__ import annotations

from dataclasses import replace

from rules_dsl.compiler.lower_conditions import lower_clause
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.evaluation.program import LimitRules, MoreCalls
from rules_dsl.model import defaults
from rules_dsl.model.amounts import format_duration
from rules_dsl.model.clock_words import fixed_shift, place_of_zone, zone_named, zone_names
from rules_dsl.model.decision import Booking, CallTimes, Feedback, FollowUpTerms, Links, OpenHours, Reminders, StepKind
from rules_dsl.model.hours import knows_country
from rules_dsl.syntax.diagnostics import nearest
from rules_dsl.syntax.tree import Block, BlockKind, RulesFile, Setting
from rules_dsl.syntax.tree_conditions import Phrase

_REPEATABLE = frozenset({"title calls", "more"})
_WORKING_DAYS = frozenset({"notice", "horizon", "follow up"})
_EVERY_DAY = 24 * 3600
MOST_HOURS = 40
"""Maximum number of ``hours`` blocks in a file, because proofs examine every combination that occurs."""
MOST_SPANS = 30
"""Maximum number of spans in one ``hours`` block, counted as written."""


def settings_of(names: Names, tree: RulesFile, kind: BlockKind) -> dict[str, Setting]:
    """A block's lines, keyed by setting. Reports duplicates, and working days where they aren't supported."""
    found: dict[str, Setting] = {}
    for block in tree.of(kind):
        for setting in block.settings:
            if setting.key in found and setting.key not in _REPEATABLE and kind is not BlockKind.LIMITS:
                names.report("R303", setting.at, found=setting.key, line=found[setting.key].at.line)
            found.setdefault(setting.key, setting)
            for duration in setting.durations:
                if duration.working_days and setting.key not in _WORKING_DAYS:
                    names.report("R320", duration.at, found=setting.key)
    return found


def _seconds(found: dict[str, Setting], key: str, default: int) -> int:
    return found[key].durations[0].seconds if key in found else default


def zone_of(names: Names, tree: RulesFile) -> str:
    """The file's time zone; if it sets none, the organisation's."""
    found = settings_of(names, tree, BlockKind.HEAD)
    for key, known in (("currency", names.directory.currency), ("time zone", names.directory.time_zone)):
        value = found[key].name if key in found else None
        if value is not None and value.text != known and (key == "currency" or zone_named(value.text)):
            file_zone = value.text if key == "time zone" else None
            names.report("R215", value.at, what=key, known=known, found=value.text, zone=file_zone)
    zone = found["time zone"].name if "time zone" in found else None
    return _checked_zone(names, zone) if zone else names.directory.time_zone


def _checked_zone(names: Names, zone: Phrase) -> str:
    if zone_named(zone.text) is not None:
        shift = fixed_shift(zone.text)
        if shift is not None:
            names.report("R223", zone.at, found=zone.text, shift=shift, instead=place_of_zone(zone.text))
        return zone.text
    near = place_of_zone(zone.text.upper()) or nearest(zone.text, sorted(zone_names()))
    names.report("R209", zone.at, found=zone.text, nearest=near)
    return names.directory.time_zone


def lower_hours(names: Names, tree: RulesFile, zone: str) -> None:
    """Fill ``names.hours``, with None for hours that have an error."""
    first_lines: dict[str, int] = {}
    for block in tree.of(BlockKind.HOURS):
        if block.name is None:
            continue
        if block.name.text in first_lines:
            names.report("R303", block.name.at, found=f'hours "{block.name.text}"', line=first_lines[block.name.text])
            continue
        first_lines[block.name.text] = block.at.line
        too_many = len(first_lines) > MOST_HOURS or len(block.spans) > MOST_SPANS
        if too_many:
            names.report("R220", block.name.at, most=MOST_HOURS, spans=MOST_SPANS)
        sound = not block.damaged and not too_many
        names.hours[block.name.text] = _open_hours(names, block, block.name.text, zone) if sound else None


def _open_hours(names: Names, block: Block, name: str, zone: str) -> OpenHours:
    spans = tuple(sorted({(day, span.start, span.end) for span in block.spans for day in span.days}))
    country = subdivision = None
    if block.holidays is not None:
        name_of_calendar = block.holidays.text
        calendar = next((known for known in names.directory.holidays if known.name == name_of_calendar), None)
        if calendar is None or not knows_country(calendar.country, calendar.subdivision):
            known = [calendar.name for calendar in names.directory.holidays]
            names.report(
                "R210", block.holidays.at, found=name_of_calendar, nearest=nearest(name_of_calendar, known),
                known=", ".join(f"`{one}`" for one in known) or None,
            )  # fmt: skip
        else:
            country, subdivision = calendar.country, calendar.subdivision
    own_zone = _checked_zone(names, block.zone) if block.zone else zone
    return OpenHours(name, own_zone, spans, country, subdivision)


def lower_limits(names: Names, tree: RulesFile) -> LimitRules:
    """A file's limits: the strictest of each kind."""
    limits = LimitRules()
    settings_of(names, tree, BlockKind.LIMITS)
    for setting in (setting for block in tree.of(BlockKind.LIMITS) for setting in block.settings):
        match setting.key:
            case "calls a day":
                limits = replace(limits, calls_a_day=_stricter(limits.calls_a_day, setting.number))
            case "title calls" if setting.name is not None:
                title = names.title(setting.name)
                if title is not None:
                    limits = replace(limits, title_calls_a_day=(*limits.title_calls_a_day, (title.id, setting.number)))
            case "shift share":
                limits = replace(limits, shift_percent=_stricter(limits.shift_percent, setting.number))
            case "more" if setting.condition is not None:
                clause = lower_clause(names, setting.condition, f"up to {setting.number} more")
                if clause is not None:
                    limits = replace(limits, more=(*limits.more, MoreCalls(setting.number, clause)))
            case "gap":
                limits = replace(limits, gap=max(limits.gap, setting.durations[0].seconds))
            case "shift end":
                limits = replace(limits, shift_end=max(limits.shift_end, setting.durations[0].seconds))
    return limits


def _stricter(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)


def lower_booking(names: Names, tree: RulesFile) -> Booking:
    found = settings_of(names, tree, BlockKind.BOOKING)
    default = defaults.BOOKING
    slot = _seconds(found, "slots", default.slot)
    for key in ("slots", "start every"):
        if key in found and not found[key].durations[0].working_days and not 1 <= _seconds(found, key, 0) <= _EVERY_DAY:
            length = _seconds(found, key, 0)
            size = "long" if length else "short"
            names.report("R322", found[key].durations[0].at, slot=format_duration(length), size=size)
    notice = found["notice"].durations[0] if "notice" in found else None
    horizon = found["horizon"].durations[0] if "horizon" in found else None
    hours = found["hours"].name if "hours" in found else None
    return Booking(
        slot=slot,
        start_every=_seconds(found, "start every", slot),
        notice=notice.seconds if notice else default.notice,
        notice_working_days=notice.working_days if notice else 0,
        horizon=horizon.seconds if horizon else default.horizon,
        horizon_working_days=horizon.working_days if horizon else default.horizon_working_days,
        hours=names.hours_named(hours) if hours else None,
        a_day_per_agent=found["bookings a day"].number if "bookings a day" in found else None,
        reserve_percent=found["reserve"].number if "reserve" in found else 0,
        back_to_back="back to back" in found,
    )


def lower_calls(names: Names, tree: RulesFile) -> CallTimes:
    found = settings_of(names, tree, BlockKind.CALLS)
    default = defaults.CALLS
    return CallTimes(
        prepare=_seconds(found, "prepare", default.prepare),
        offer=_seconds(found, "offer", default.offer),
        wait_for_customer=_seconds(found, "wait", default.wait_for_customer),
        wrap_up=_seconds(found, "wrap-up", default.wrap_up),
        accept_automatically="accept" in found,
    )


def lower_reminders(names: Names, tree: RulesFile) -> Reminders:
    found = settings_of(names, tree, BlockKind.REMINDERS)
    return Reminders(
        _before(found, "customer", defaults.REMINDERS.customer), _before(found, "agent", defaults.REMINDERS.agent)
    )


def check_agent_reminders(names: Names, tree: RulesFile, earliest: int) -> None:
    """Warn about agent reminders ``earliest`` seconds or more before a call: they are due before anybody is asked."""
    lines = (setting for block in tree.of(BlockKind.REMINDERS) for setting in block.settings if setting.key == "agent")
    for duration in (duration for line in lines for duration in line.durations):
        if duration.seconds >= earliest:
            names.report("R328", duration.at, found=duration.text, prepare=format_duration(earliest))


def _before(found: dict[str, Setting], key: str, default: tuple[int, ...]) -> tuple[int, ...]:
    if key not in found:
        return default
    return tuple(sorted({duration.seconds for duration in found[key].durations}, reverse=True))


def lower_feedback(names: Names, tree: RulesFile) -> Feedback:
    found = settings_of(names, tree, BlockKind.FEEDBACK)
    default = defaults.FEEDBACK
    return Feedback(
        ask_after=_seconds(found, "ask", default.ask_after),
        ask_again_after=None if "never again" in found else _seconds(found, "again", defaults.ASK_AGAIN),
        alert_under=found["alert"].number if "alert" in found else None,
        every=_seconds(found, "every", 0),
        follow_up=_follow_up(names, found["follow up"]) if "follow up" in found else default.follow_up,
    )


def _follow_up(names: Names, setting: Setting) -> FollowUpTerms:
    within = setting.durations[0]
    title = names.title(setting.name) if setting.name is not None else None
    alert = (StepKind.ALERT_LEAD, StepKind.ALERT_DUTY)[setting.number]
    if title is None:
        return FollowUpTerms(within.seconds, within.working_days, alert=alert)
    if not any(person.title == title.id for person in names.directory.people) and setting.name is not None:
        names.report("R344", setting.name.at, found=title.name)
    return FollowUpTerms(within.seconds, within.working_days, title.id, title.name, alert)


def lower_links(names: Names, tree: RulesFile) -> Links:
    found = settings_of(names, tree, BlockKind.LINKS)
    default = defaults.LINKS
    return Links(
        live_expires=_seconds(found, "live", default.live_expires),
        booking_expires=_seconds(found, "booking", default.booking_expires),
        survey_expires=_seconds(found, "survey", default.survey_expires),
    )
