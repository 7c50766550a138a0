"""Times as people write and read them: in a publication's zone, which is always named. Pure."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.errors import InvalidInput
from newsletter.translatable import Translatable as _

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


def read(text: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant, in UTC, of `2026-11-27 07:00` in the zone, or with an offset of its own; `07:00` is the next such.

    A time that the clocks skip is refused; of a time that comes twice the first is meant.
    """
    text = text.strip()
    clock = _CLOCK.fullmatch(text)
    if clock:
        return _next_clock(int(clock[1]), int(clock[2]), text=text, zone=zone, now=now)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _unreadable(text) from error
    if "T" not in text.upper() and " " not in text:
        raise InvalidInput(
            _("“%(typed)s” is only a date. Add a time, such as %(typed)s 07:00.", typed=text), field="send_at"
        )
    if moment.tzinfo is None:
        moment = _in_zone(moment, text=text, zone=zone)
    return moment.astimezone(UTC)


def tell(moment: datetime, *, zone: ZoneInfo) -> str:
    """The instant in the zone, named: `Fri 27 Nov 2026, 07:00 (Europe/Berlin)`."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} ({zone.key})"


def _next_clock(hour: int, minute: int, *, text: str, zone: ZoneInfo, now: datetime) -> datetime:
    local = now.astimezone(zone)
    try:
        today = datetime(local.year, local.month, local.day, hour, minute)  # noqa: DTZ001 (wall-clock time)
    except ValueError as error:
        raise _unreadable(text) from error
    moment = _in_zone(today, text=text, zone=zone)
    if moment <= now:
        moment = _in_zone(today + timedelta(days=1), text=text, zone=zone)
    return moment.astimezone(UTC)


def _in_zone(wall: datetime, *, text: str, zone: ZoneInfo) -> datetime:
    moment = wall.replace(tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        raise InvalidInput(
            _(
                "“%(typed)s” does not exist in %(zone)s: the clocks go forward then. Choose another time.",
                typed=text,
                zone=zone.key,
            ),
            field="send_at",
        )
    return moment


def _unreadable(text: str) -> InvalidInput:
    return InvalidInput(
        _(
            "“%(typed)s” is not a time. Write it as 2026-11-27 07:00 (in the newsletter’s zone) or "
            "2026-11-27T07:00+01:00.",
            typed=text,
        ),
        field="send_at",
    )
