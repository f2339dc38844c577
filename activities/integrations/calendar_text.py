"""Splits a calendar file (RFC 5545) into components, as a stream: only what is kept is held in memory.

Files come compressed or not, in UTF-8 or UTF-16, with lines that end in CRLF, LF or CR. A component that breaks off is
closed by the next one; a file that breaks off is refused, because its end may be missing.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from domain.schedules.calendar_feed import LARGEST_UNPACKED, FeedUnread

CHUNK = 256 * 1024
LARGEST_KEPT = 4_000_000
"""The maximum number of characters of a calendar's components that may still matter."""
LONGEST_LINE = 400_000
"""The rest of a longer line is dropped."""
ENTRIES = frozenset({"VEVENT", "VFREEBUSY"})
KEPT = {"BEGIN", "END", "UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE"}
KEPT |= {"RECURRENCE-ID", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "ATTENDEE", "FREEBUSY"}
KEPT |= {"X-WR-TIMEZONE", "TIMEZONE-ID", "TZID", "TZOFFSETFROM", "TZOFFSETTO", "X-LIC-LOCATION"}
KEPT |= {"X-MUSTER-UNREAD", "X-MUSTER-ENTRIES", "X-MUSTER-LOST"}
"""The properties that are read. Apart from ATTENDEE, none holds text that somebody typed."""
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass
class RawComponent:
    kind: str
    lines: list[str] = field(default_factory=list)


@dataclass
class RawCalendar:
    zone: str = ""
    """The name of the zone of times that don't name one."""
    zones: list[RawComponent] = field(default_factory=list)
    entries: list[RawComponent] = field(default_factory=list)
    count: int = 0
    """The number of entries, dropped ones included."""
    stated: int = 0
    """The number of entries of the calendar that a stored copy was made of."""
    lost: int = 0
    """The number of entries that could not be read when this copy was made."""


def split_calendars(source: BinaryIO, keeps: Callable[[RawComponent], bool]) -> list[RawCalendar]:
    """The calendars of a file, with the entries that ``keeps`` accepts. Raises ``FeedUnread``."""
    splitter = _Splitter(keeps)
    for name, line in _kept_lines(unpacked(source)):
        splitter.take(name, line)
    if not splitter.calendars:
        raise FeedUnread("it is not a calendar")
    if splitter.is_open:
        raise FeedUnread("it breaks off in the middle")
    return splitter.calendars


class _Splitter:
    def __init__(self, keeps: Callable[[RawComponent], bool]) -> None:
        self.calendars: list[RawCalendar] = []
        self.is_open = False
        self._keeps = keeps
        self._component: RawComponent | None = None
        self._inner: list[str] = []
        self._size = 0

    def take(self, name: str, line: str) -> None:
        value = line.partition(":")[2].strip()
        kind = value.upper() if name in ("BEGIN", "END") else ""
        if kind == "VCALENDAR":
            self._close()
            self.is_open = name == "BEGIN"
            if self.is_open:
                self.calendars.append(RawCalendar())
        elif not self.is_open:
            return
        elif name == "BEGIN" and (kind in ENTRIES or kind == "VTIMEZONE"):
            self._close()
            self._component = RawComponent(kind)
            self.calendars[-1].count += kind in ENTRIES
        elif self._component is None:
            _note(self.calendars[-1], name, value)
        elif name == "END" and kind == self._component.kind:
            self._close()
        else:
            self._add(self._component, name, kind, line)

    def _add(self, component: RawComponent, name: str, kind: str, line: str) -> None:
        """Add a line to its component. An alarm's lines belong to the alarm; a zone's halves belong to the zone."""
        if name == "BEGIN":
            self._inner.append(kind)
        elif name == "END" and kind in self._inner:
            del self._inner[self._inner.index(kind) :]
        if component.kind == "VTIMEZONE" or (not self._inner and name not in ("BEGIN", "END")):
            component.lines.append(line)

    def _close(self) -> None:
        component, self._component = self._component, None
        self._inner.clear()
        if component is None or not (component.kind == "VTIMEZONE" or self._keeps(component)):
            return
        self._size += sum(map(len, component.lines))
        if self._size > LARGEST_KEPT:
            raise FeedUnread(f"its current and future entries take more than {LARGEST_KEPT // 1_000_000} MB")
        calendar = self.calendars[-1]
        (calendar.zones if component.kind == "VTIMEZONE" else calendar.entries).append(component)


def _note(calendar: RawCalendar, name: str, value: str) -> None:
    """A property of the calendar itself. A stored copy holds the numbers of the calendar that it was made of."""
    if name in ("X-WR-TIMEZONE", "TIMEZONE-ID"):
        calendar.zone = calendar.zone or value
    elif value.isascii() and value.isdigit() and len(value) < 8:
        if name == "X-MUSTER-ENTRIES":
            calendar.stated = int(value)
        elif name == "X-MUSTER-LOST":
            calendar.lost = int(value)


def _kept_lines(chunks: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """The name and the unfolded text of each line whose property is read."""
    name, parts, length = "", [""], 0
    for line in _physical_lines(chunks):
        if line[0] in " \t":
            if name and length < LONGEST_LINE:
                parts.append(line[1:])
                length += len(line)
            continue
        if name:
            yield from _whole(parts)
        head = line.partition(":")[0].partition(";")[0]
        # A name may itself be folded.
        name = head if head in KEPT or head.strip().upper() in KEPT or len(head) == len(line) < 80 else ""
        parts, length = [line], len(line)
    if name:
        yield from _whole(parts)


def _whole(parts: list[str]) -> Iterator[tuple[str, str]]:
    line = "".join(parts)
    name = line.partition(":")[0].partition(";")[0].strip().upper()
    if name in KEPT:
        yield name, line


def _physical_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a file as they are, without blank ones."""
    decoder: codecs.IncrementalDecoder | None = None
    rest: list[str] = []
    held = 0
    for chunk in chunks:
        if decoder is None:
            decoder = codecs.getincrementaldecoder(_encoding(chunk))("replace")
        first, *more = decoder.decode(chunk).replace("\r", "\n").split("\n")
        if held < LONGEST_LINE:
            rest.append(first)
            held += len(first)
        if more:
            if held:
                yield "".join(rest)
            yield from filter(None, more[:-1])
            rest, held = [more[-1]], len(more[-1])
    if held:
        yield "".join(rest)


def _encoding(first: bytes) -> str:
    for mark, name in _ENCODINGS:
        if first.startswith(mark):
            return name
    # Text begins with a Latin letter: one of its two bytes is zero.
    pair = first[:2]
    if len(pair) == 2 and pair[0] and not pair[1]:
        return "utf-16-le"
    return "utf-16-be" if len(pair) == 2 and pair[1] and not pair[0] else "utf-8"


def unpacked(source: BinaryIO) -> Iterator[bytes]:
    """The file's content, decompressed if necessary: what it is can be seen from its first bytes."""
    first, size = source.read(CHUNK), 0
    zipped = first[:2] == b"\x1f\x8b" or (first[:1] == b"\x78" and int.from_bytes(first[:2], "big") % 31 == 0)
    for chunk in _inflated(first, source) if zipped else _chunks(first, source):
        size += len(chunk)
        if size > LARGEST_UNPACKED:
            raise FeedUnread(f"it is larger than {LARGEST_UNPACKED // 1_000_000} MB once unpacked")
        yield chunk


def _chunks(first: bytes, source: BinaryIO) -> Iterator[bytes]:
    while first:
        yield first
        first = source.read(CHUNK)


def _inflated(first: bytes, source: BinaryIO) -> Iterator[bytes]:
    """At most ``CHUNK`` bytes at a time, whatever they unpack to."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        for packed in _chunks(first, source):
            waiting = packed
            while waiting:
                yield unpacker.decompress(waiting, CHUNK)
                waiting = unpacker.unconsumed_tail
                if unpacker.eof and (waiting := unpacker.unused_data):
                    # Several compressed parts may follow each other.
                    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    except zlib.error:
        raise FeedUnread("its compressed data is damaged") from None
    if not unpacker.eof:
        raise FeedUnread("it breaks off in the middle")
