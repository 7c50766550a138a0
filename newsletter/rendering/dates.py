"""Days and numbers as a language writes them: Persian digits and the Jalali calendar, Babel for the rest."""

from datetime import datetime

import jdatetime
from babel import Locale, UnknownLocaleError
from babel.dates import format_date

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
# Our own tables, because the usual ones write پنجشنبه without its half space.
_PERSIAN_WEEKDAYS = ("دوشنبه", "سه‌شنبه", "چهارشنبه", "پنج‌شنبه", "جمعه", "شنبه", "یک‌شنبه")
_PERSIAN_MONTHS = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)


def day(moment: datetime, *, language: str) -> str:
    """The day of ``moment`` in its own zone, in full, as in “Thursday, 26 November 2026”."""
    if _is_persian(language):
        jalali = jdatetime.date.fromgregorian(date=moment.date())
        text = f"{_PERSIAN_WEEKDAYS[moment.weekday()]} {jalali.day} {_PERSIAN_MONTHS[jalali.month - 1]} {jalali.year}"
        return text.translate(_PERSIAN_DIGITS)
    if language.lower() in {"en", "en-gb"}:  # day before month: read alike on both sides of the ocean
        return format_date(moment.date(), "EEEE, d MMMM y", locale="en")
    return format_date(moment.date(), "full", locale=_locale(language))


def number(value: int, *, language: str) -> str:
    """A number in the digits that the language writes."""
    return str(value).translate(_PERSIAN_DIGITS) if _is_persian(language) else str(value)


def _is_persian(language: str) -> bool:
    return language.lower().split("-")[0] == "fa"


def _locale(language: str) -> Locale:
    for tag in (language, language.split("-")[0], "en"):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
