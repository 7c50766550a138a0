"""Times as people read them: in the calendar, digits and zone of whoever looks."""

from datetime import datetime

import jdatetime
from babel.dates import format_date, format_datetime
from django.utils import timezone, translation

from subscribers import texts


def when(at: datetime | None) -> str:
    """A time in the reader's calendar, with its zone."""
    if at is None:
        return "—"
    local = timezone.localtime(at)
    language = translation.get_language() or "en"
    if language == "fa":
        return f"{day(at)}، {texts.digits(f'{local:%H:%M}', language=language)} {local.tzname()}"
    return f"{format_datetime(local, 'd MMM y, HH:mm', locale=language)} {local.tzname()}"


def day(at: datetime) -> str:
    """The day alone."""
    local = timezone.localtime(at)
    language = translation.get_language() or "en"
    if language == "fa":
        date = jdatetime.date.fromgregorian(date=local.date())
        text = f"{date.day} {jdatetime.date.j_months_fa[date.month - 1]} {date.year}"
        return texts.digits(text, language=language)
    return str(format_date(local, "d MMM y", locale=language))
