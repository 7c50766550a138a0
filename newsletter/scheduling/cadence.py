"""Rules of recurring times: five cron fields and a zone give the next instant. Pure.

Daylight saving (trust C2). A rule that names hours fires once for each wall-clock slot: in a gap at the instant the
clocks have jumped to, in an overlap at the first of the two. A rule for every hour follows elapsed time, so that
"every 15 minutes" stays every 15 minutes.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import cronsim

from newsletter.errors import InvalidInput
from newsletter.scheduling import cadence_words
from newsletter.translatable import Quantity, Translatable
from newsletter.translatable import Translatable as _

_LONGEST_JUMP = timedelta(hours=26)
"""Clocks have moved by a whole day (Samoa, 2011): slots so far back may still map to an instant to come."""
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}
_FORM = _("Write minute, hour, day, month and weekday, such as 0 7 * * 1-5 for weekdays at 07:00.")
_PARTS = {
    "minute": _("The minute of the schedule “%(rule)s” cannot be read. %(form)s"),
    "hour": _("The hour of the schedule “%(rule)s” cannot be read. %(form)s"),
    "day-of-month": _("The day of the schedule “%(rule)s” cannot be read. %(form)s"),
    "month": _("The month of the schedule “%(rule)s” cannot be read. %(form)s"),
    "day-of-week": _("The weekday of the schedule “%(rule)s” cannot be read. %(form)s"),
}
_UNREADABLE = _("The schedule “%(rule)s” cannot be read. %(form)s")


def check(rule: str) -> str:
    """The rule with single blanks. Raises InvalidInput saying what is wrong with which part."""
    parts = rule.split()
    if len(parts) == 1 and parts[0].lower() in _NICKNAMES:
        plain = _NICKNAMES[parts[0].lower()]
        raise InvalidInput(_("Write %(name)s as %(plain)s.", name=parts[0], plain=plain), field="cadence")
    if len(parts) != 5:
        found = Quantity(len(parts))
        message = _("A schedule has five parts, “%(rule)s” has %(n)s. %(form)s", rule=rule, n=found, form=_FORM)
        raise InvalidInput(message, field="cadence")
    clean = " ".join(parts)
    try:
        first = next(cronsim.CronSim(clean, datetime(2000, 1, 1)), None)  # noqa: DTZ001 (wall-clock time)
    except cronsim.CronSimError as error:
        raise InvalidInput(_unreadable(clean, error), field="cadence") from error
    if first is None:
        message = _("The schedule “%(rule)s” names a day that never comes. %(form)s", rule=clean, form=_FORM)
        raise InvalidInput(message, field="cadence")
    return clean


def _unreadable(rule: str, error: cronsim.CronSimError) -> Translatable:
    # Its messages are "Bad hour" and the like.
    part = _PARTS.get(str(error).removeprefix("Bad "))
    return Translatable((part or _UNREADABLE).message, rule=rule, form=_FORM)


def describe(rule: str) -> Translatable:
    """The rule in words: "At 07:00 on Monday to Friday". Raises InvalidInput."""
    return cadence_words.of(check(rule))


def next_after(rule: str, *, zone: ZoneInfo, after: datetime) -> datetime:
    """The first instant after ``after`` that the rule names, in UTC. Raises InvalidInput for a rule it cannot read."""
    clean = check(rule)
    instants = _every_hour(clean, zone, after) if _names_every_hour(clean) else _by_the_clock(clean, zone, after)
    for instant in instants:
        if instant > after:
            return instant
    message = _("The schedule “%(rule)s” has no future times. %(form)s", rule=clean, form=_FORM)
    raise InvalidInput(message, field="cadence")


def latest_due(rule: str, *, zone: ZoneInfo, first: datetime, now: datetime, window: timedelta) -> datetime:
    """Of the slots from ``first`` to ``now``, the latest that lies within the window before ``now``, else ``first``.

    Slots missed in a row ask for one piece of work, not for one each.
    """
    found = first
    instant = max(first, now - window - timedelta(microseconds=1))
    while True:
        instant = next_after(rule, zone=zone, after=instant)
        if instant > now:
            return found
        found = instant


def _names_every_hour(rule: str) -> bool:
    return rule.split()[1] in {"*", "*/1", "0-23"}


def _every_hour(rule: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    for local in cronsim.CronSim(f"0 {rule}", after.astimezone(zone)):  # Six fields: elapsed time, no cron quirks.
        yield local.astimezone(UTC)


def _by_the_clock(rule: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    start = after.astimezone(zone).replace(tzinfo=None) - _LONGEST_JUMP
    for wall in cronsim.CronSim(rule, start):
        yield _instant(wall, zone)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time: the first of two, or the end of the gap that swallowed it."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # Read with the offset before the jump it lies after the jump, with the offset after the jump before it.
    before, behind = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    offset = behind.astimezone(zone).utcoffset()
    while behind - before > timedelta(seconds=1):
        middle = (before + (behind - before) / 2).replace(microsecond=0)
        if middle <= before:
            break
        before, behind = (before, middle) if middle.astimezone(zone).utcoffset() == offset else (middle, behind)
    return behind
