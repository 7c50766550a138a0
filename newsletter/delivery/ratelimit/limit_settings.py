"""Rate limits as people set them: by whom mail goes out, whose name it bears, and who takes it."""

import re
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from newsletter.conf import config
from newsletter.delivery.models import Pace, RateLimit, Transport
from newsletter.delivery.ratelimit import providers, slot_reservations
from newsletter.delivery.ratelimit.limit_rules import DAY, EVERY, HOUR, MINUTE, PRESETS, SECOND, Limit, warmed
from newsletter.errors import InvalidInput, NotFound
from newsletter.staff import services as staff

KINDS = ("server", "sender", "domain")
MOST = 1_000_000_000
FASTEST = 10_000.0
LONGEST_NAME = 254
FIRST_YEAR, AHEAD = 2000, timedelta(days=2 * 366)
"""Between them a warm-up may begin."""
_DOMAIN = re.compile(r"(?=.{1,100}\Z)([a-z0-9](-*[a-z0-9])*\.)+[a-z0-9](-*[a-z0-9])*")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a limit says; None is no bound."""

    per_second: float | None = None
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    warm_up: str = ""
    """Name of a preset of `limit_rules.PRESETS`; empty: none."""
    warm_up_start: date | None = None
    """Its first day; today when it is left out."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """How much of a bound is used now."""

    period: int
    """Seconds."""
    used: float
    bound: float

    @property
    def share(self) -> float:
        return min(self.used / self.bound, 1.0) if self.bound else 1.0


@dataclass(frozen=True, kw_only=True)
class StoredLimit:
    """A limit as a page or a command shows it."""

    pk: int
    key: str
    kind: str
    name: str
    """What a person knows it by; `*` for all others."""
    settings: Settings
    today: Limit
    """The limit of today, while it warms up."""
    uses: list[Use]


@dataclass(frozen=True, kw_only=True)
class Slowed:
    """A group of domains that asked a server for less."""

    server: str
    group: str
    rate: float
    goal: float
    since: datetime
    reply: str


def set_limit(key: str, *, settings: Settings, by: str, now: datetime) -> RateLimit:
    """Set or change a limit; it holds in every worker two seconds later. Raises InvalidInput, NotFound."""
    clean = clean_key(key)
    values = _checked(settings, now=now)
    with transaction.atomic():
        row, _made = RateLimit.objects.update_or_create(key=clean, defaults=values)
        detail: dict[str, object] = {name: str(value) for name, value in values.items() if value}
        staff.record(actor=by, action="limits.set", subject=f"limit:{clean}", now=now, detail=detail)
    return row


def check(settings: Settings, *, now: datetime) -> None:
    """Raises InvalidInput for numbers that are no limit."""
    _checked(settings, now=now)


def remove(key: str, *, by: str, now: datetime) -> None:
    """From now on there is no such limit. Raises InvalidInput, NotFound."""
    clean = key if RateLimit.objects.filter(key=key).exists() else clean_key(key)
    with transaction.atomic():
        if not RateLimit.objects.filter(key=clean).delete()[0]:
            raise NotFound(_("There is no limit for “%(key)s”. Nothing was changed.") % {"key": key[:120]})
        staff.record(actor=by, action="limits.remove", subject=f"limit:{clean}", now=now)


def clean_key(key: str) -> str:
    """`server:NAME`, `sender:DOMAIN` or `domain:PROVIDER`, as tables keep it. Raises InvalidInput, NotFound."""
    kind, _colon, name = key.strip().partition(":")
    name = name.strip().lower().rstrip(".")
    if kind not in KINDS or not name or "\x00" in name:
        raise InvalidInput(
            _("Name what is limited: server:NAME, sender:DOMAIN or domain:PROVIDER, or * for all others."), field="key"
        )
    if name == EVERY:
        return f"{kind}:{EVERY}"
    if kind == "server":
        return f"server:{_server(name)}"
    if kind == "domain" and (name in providers.PROVIDERS or re.fullmatch(r"d-[0-9a-f]{10}", name)):
        return f"domain:{name}"
    if not _DOMAIN.fullmatch(name):
        raise InvalidInput(
            _("“%(name)s” is not a domain. Write it like example.org.") % {"name": name[:60]}, field="key"
        )
    # A reader's own domain is kept as a hash only.
    return f"sender:{name}" if kind == "sender" else f"domain:{providers.group_of(name, key=config().message_key)}"


def _server(name: str) -> int:
    # SQLite compares without regard to case only what is not too long.
    found = Transport.objects.filter(name__iexact=name).first() if len(name) <= LONGEST_NAME else None
    if found is None and name.isascii() and name.isdigit() and len(name) <= 9:
        found = Transport.objects.filter(pk=int(name)).first()
    if found is None:
        known = ", ".join(Transport.objects.values_list("name", flat=True)) or _("none yet")
        raise NotFound(_("There is no such mail server. These are known: %(known)s.") % {"known": known})
    return found.pk


def _checked(settings: Settings, *, now: datetime) -> dict[str, object]:
    values: dict[str, object] = {field.name: getattr(settings, field.name) for field in fields(settings)}
    for name, most in (("per_second", FASTEST), ("per_minute", MOST), ("per_hour", MOST), ("per_day", MOST)):
        value = getattr(settings, name)
        if value is not None and not 0.001 <= value <= most:
            raise InvalidInput(_("Write a number above 0, or leave it empty for no limit."), field=name)
    if settings.warm_up and settings.warm_up not in PRESETS:
        known = ", ".join(PRESETS)
        raise InvalidInput(_("There is no such warm-up. Choose one of: %(known)s.") % {"known": known}, field="warm_up")
    if settings.warm_up and settings.warm_up_start is None:
        values["warm_up_start"] = now.date()
    first = settings.warm_up_start
    if first and not (first.year >= FIRST_YEAR and first - now.date() <= AHEAD):
        raise InvalidInput(
            _("Choose a first day from the year 2000 on, and at most two years ahead."), field="warm_up_start"
        )
    if not settings.warm_up:
        values["warm_up_start"] = None
        if Limit(settings.per_second, settings.per_minute, settings.per_hour, settings.per_day).is_none:
            raise InvalidInput(_("A limit needs at least one number."), field="per_second")
    return values


# Looked at.


def get(pk: int, *, now: datetime) -> StoredLimit:
    """One limit. Raises NotFound."""
    for row in overview(now=now):
        if row.pk == pk:
            return row
    raise NotFound(_("That limit no longer exists."))


def servers() -> list[str]:
    """The names of the mail servers that may be limited."""
    return list(Transport.objects.values_list("name", flat=True))


def overview(*, now: datetime) -> list[StoredLimit]:
    """Every limit with how much of it is used; servers first, then senders, then those who take it."""
    holding = slot_reservations.limits(now=now)
    used = slot_reservations.used(now=slot_reservations.database_now(), holding=holding)
    names = {f"server:{pk}": name for pk, name in Transport.objects.values_list("pk", "name")}
    rows = []
    for row in RateLimit.objects.all():
        limit = Limit(row.per_second, row.per_minute, row.per_hour, row.per_day)
        today = warmed(limit, preset=row.warm_up, start=row.warm_up_start, now=now)
        kind, _colon, name = row.key.partition(":")
        rows.append(
            StoredLimit(
                pk=row.pk,
                key=row.key,
                kind=kind,
                name=names.get(row.key, name),
                settings=Settings(**{field.name: getattr(row, field.name) for field in fields(Settings)}),
                today=today,
                uses=[] if name == EVERY else _uses(today, used.get(row.key, {})),
            )
        )
    return sorted(rows, key=lambda row: (KINDS.index(row.kind), row.name == EVERY, row.name))


def _uses(limit: Limit, used: dict[int, int]) -> list[Use]:
    uses = [Use(period=seconds, used=used.get(seconds, 0), bound=bound) for seconds, bound in limit.windows.items()]
    if limit.per_second is not None:
        # As it was over the last minute: a single second says little.
        uses.insert(0, Use(period=SECOND, used=round(used.get(MINUTE, 0) / MINUTE, 1), bound=limit.per_second))
    return uses


def slowed() -> list[Slowed]:
    """Who is written to slower than allowed, since they asked for it."""
    names = {str(pk): name for pk, name in Transport.objects.values_list("pk", "name")}
    found = []
    for row in Pace.objects.order_by("-slowed_at", "key"):
        _kind, server, group = row.key.split(":", 2)
        found.append(
            Slowed(
                server=names.get(server, server),
                group=group,
                rate=row.rate,
                goal=row.goal,
                since=row.slowed_at,
                reply=row.reply,
            )
        )
    return found


PERIODS = {SECOND: "per_second", MINUTE: "per_minute", HOUR: "per_hour", DAY: "per_day"}
"""Seconds of each period to the setting that bounds it."""
