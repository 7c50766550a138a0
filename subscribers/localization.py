"""Localization: the language of our own words, its direction and digits, and times in its calendar."""

from datetime import datetime

import jdatetime
from babel.dates import format_date, format_datetime
from django.utils import timezone, translation

_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def page_language(language: str) -> str:
    """The language of our own words around a list's: its own if we speak it, else English."""
    return "fa" if language.lower().split("-")[0] == "fa" else "en"


def direction(language: str) -> str:
    """The direction in which a language is written, for `dir`."""
    return "rtl" if language.lower().split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def digits(text: object, *, language: str) -> str:
    """The text with its ASCII digits as the language writes them."""
    return str(text).translate(_PERSIAN) if language == "fa" else str(text)


def date_time(at: datetime | None) -> str:
    """A time in the calendar of the page's language, with its zone; a dash for None."""
    if at is None:
        return "—"
    local = timezone.localtime(at)
    language = translation.get_language() or "en"
    if language == "fa":
        return f"{date(at)}، {digits(f'{local:%H:%M}', language=language)} {local.tzname()}"
    return f"{format_datetime(local, 'd MMM y, HH:mm', locale=language)} {local.tzname()}"


def date(at: datetime) -> str:
    """The day of a time, in the calendar of the page's language."""
    local = timezone.localtime(at)
    language = translation.get_language() or "en"
    if language == "fa":
        persian = jdatetime.date.fromgregorian(date=local.date())
        text = f"{persian.day} {jdatetime.date.j_months_fa[persian.month - 1]} {persian.year}"
        return digits(text, language=language)
    return str(format_date(local, "d MMM y", locale=language))
