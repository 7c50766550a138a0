"""Times as people read and type them. A page tells all its times in the same zone, which it names."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from newsletter.errors import InvalidInput
from newsletter.rendering import dates
from newsletter.translation import numerals


def parse(text: str, *, zone: ZoneInfo, field: str) -> datetime:
    """What a `datetime-local` field sends, as an instant. Raises InvalidInput, also for an hour that the clocks skip.

    Of an hour that comes twice the first is meant (trust C2).
    """
    try:
        wall = datetime.strptime(text.strip()[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007 (the zone is the newsletter's)
    except ValueError as error:
        raise InvalidInput(_("Choose a day and a time."), field=field) from error
    try:
        instant = wall.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput(_("This date is too far away. Choose a nearer one."), field=field) from error
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        raise InvalidInput(
            _("This time does not exist: the clocks in %(zone)s skip it. Choose another.") % {"zone": zone.key},
            field=field,
        )
    return instant


def typed(moment: datetime | None, *, zone: ZoneInfo) -> str:
    """The moment as the value of a `datetime-local` field."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if moment else ""


def moment(value: datetime, zone: str = "") -> str:
    """Day and time in the zone, or in that of the page; in the reader's language and, for Persian, calendar."""
    local = value.astimezone(_zone(zone))
    language = _language()
    if language == "fa":
        return f"{dates.day(local, language=language)}، {numerals(local.strftime('%H:%M'))}"
    return format_datetime(local, "EEE d MMM y, HH:mm", locale=Locale.parse(language, sep="-"))


def day(value: date) -> str:
    """A day of the calendar, which lies in no zone."""
    return dates.day(datetime.combine(value, time(12), UTC), language=_language())


def sentence(value: datetime, zone: str) -> str:
    """Day, time and zone in full, for the end of a sentence: "Tuesday, 1 December 2026 at 07:00 (Europe/Berlin)"."""
    local = value.astimezone(ZoneInfo(zone))
    words = {"day": dates.day(local, language=_language()), "time": clock(value, zone), "zone": zone}
    return _("%(day)s at %(time)s (%(zone)s)") % words


def distance(value: datetime, now: datetime) -> str:
    """How far away, roughly: "in 3 hours", "2 days ago"."""
    away = value - now
    # Less than a minute would read "in 0 minutes".
    if abs(away) < timedelta(minutes=1):
        return _("just now") if away <= timedelta(0) else _("in a moment")
    return numerals(format_timedelta(away, add_direction=True, locale=_locale()))


def length(span: timedelta) -> str:
    """How long it is: "10 seconds"."""
    return numerals(format_timedelta(span, threshold=1.5, locale=_locale()))


def clock(value: datetime, zone: str = "", *, seconds: bool = False) -> str:
    """The time of day alone, in the zone or in that of the page."""
    return numerals(value.astimezone(_zone(zone)).strftime("%H:%M:%S" if seconds else "%H:%M"))


def _language() -> str:
    return translation.get_language() or "en"


def _locale() -> str:
    return _language().replace("-", "_")


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name) if name else timezone.get_current_timezone()
