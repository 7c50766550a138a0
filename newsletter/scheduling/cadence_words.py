"""A rule of recurring times in words that every language can say. Pure."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import cronsim

from newsletter.translatable import Figures, Plural
from newsletter.translatable import Translatable as _

_MOST = 6
"""Times or days that are told one by one; a longer list is no sentence."""
_WEEKDAYS = (
    _("Sunday"),
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
_MONTHS = (
    _("in January"),
    _("in February"),
    _("in March"),
    _("in April"),
    _("in May"),
    _("in June"),
    _("in July"),
    _("in August"),
    _("in September"),
    _("in October"),
    _("in November"),
    _("in December"),
)
_EVERY_DAY = _("every day")
_DAYS, _HOURS = frozenset(range(1, 32)), frozenset(range(24))


def of(rule: str) -> _:
    """A rule that can be read, in words: "At 07:00 on Monday to Friday". One that is no short sentence names itself."""
    cron = cronsim.CronSim(rule, datetime(2000, 1, 1, tzinfo=UTC))
    times, days = _times(sorted(cron.minutes), sorted(cron.hours)), _days(cron)
    if times is None or days is None:
        return _("At the times of the schedule “%(rule)s”", rule=rule)
    is_always = set(cron.hours) == _HOURS and days == _EVERY_DAY
    told = times if is_always else _("%(times)s %(days)s", times=times, days=days)
    months = sorted(cron.months)
    if len(months) == 12:
        return told
    return _("%(when)s %(months)s", when=told, months=_listed([_MONTHS[month - 1] for month in months]))


def _times(minutes: Sequence[int], hours: Sequence[int]) -> _ | None:
    if set(hours) == _HOURS:
        if minutes == [0]:
            return _("Every hour")
        step = 60 // len(minutes)
        if len(minutes) > 1 and minutes == list(range(0, 60, step)) and 60 % step == 0:
            return Plural("Every %(n)s minute", "Every %(n)s minutes", n=step)
        return None
    if len(minutes) * len(hours) > _MOST:
        return None
    return _("At %(times)s", times=_listed([Figures(f"{h:02}:{m:02}") for h in hours for m in minutes]))


def _days(cron: cronsim.CronSim) -> _ | None:
    of_month, of_week = sorted(cron.days), _plain(cron.weekdays)
    every_day_of_month, every_weekday = set(of_month) == _DAYS, of_week is not None and len(of_week) == 7
    if of_week is None:  # "the last Friday" and the like
        return None
    if every_day_of_month and every_weekday:
        return _EVERY_DAY
    if every_day_of_month:
        if len(of_week) > 2 and of_week[-1] - of_week[0] == len(of_week) - 1:
            first, last = _WEEKDAYS[of_week[0]], _WEEKDAYS[of_week[-1]]
            return _("on %(first)s to %(last)s", first=first, last=last)
        return _("on %(days)s", days=_listed([_WEEKDAYS[weekday] for weekday in of_week]))
    if every_weekday and len(of_month) <= _MOST and min(of_month) > 0:
        days = _listed([Figures(str(day)) for day in of_month])
        return Plural("on day %(days)s of the month", "on days %(days)s of the month", n=len(of_month), days=days)
    return None


def _plain(weekdays: Collection[object]) -> list[int] | None:
    """Monday to Sunday as 1 to 7, each once; None when it is not said by such numbers."""
    if not all(isinstance(weekday, int) for weekday in weekdays):
        return None
    return sorted({weekday or 7 for weekday in weekdays if isinstance(weekday, int)})


def _listed(words: Sequence[_]) -> _:
    """The words as "first", "first and second", "first, second and third"."""
    if len(words) == 1:
        return words[0]
    some = words[0]
    for word in words[1:-1]:
        some = _("%(some)s, %(more)s", some=some, more=word)
    return _("%(some)s and %(last)s", some=some, last=words[-1])
