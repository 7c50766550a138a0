"""How the mail servers do: which may be asked, which failed, which wait for a person, and what brings them back.

A server that fails is left alone for growing naps, then probed, and comes back by itself; one that refuses our password
or has no TLS is paused until a person acts. Nobody's delivery is penalised for either (trust B3, B4, X2).
"""

import logging
from collections.abc import Container, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from newsletter.conf import Config
from newsletter.delivery import alarms, doorbell, events
from newsletter.delivery.models import Transport
from newsletter.delivery.replies import retry_policy
from newsletter.delivery.servers import routing, transport_url
from newsletter.delivery.servers.routing import RouteState
from newsletter.delivery.servers.routing import State as State  # how a server is, for whoever asks here
from newsletter.delivery.smtp import cleartext_policy
from newsletter.delivery.states import Role
from newsletter.errors import InvalidInput, NotFound, words_of
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.stored import cut, sentences
from newsletter.translatable import Translatable
from newsletter.translatable import Translatable as _

DEFAULT = "default"
"""The transport that follows NEWSLETTER_SMTP_URL."""
PROBE_WITHIN = timedelta(seconds=60)
"""A probe that nobody has reported by then is made again, by whoever comes first."""
TELL_AFTER = 8
"""Failures in a row, about eight minutes, after which the staff is told; a server that blinks is nobody's concern."""
AT_WORK = timedelta(minutes=2)
"""A server that took mail so short a time ago is at work."""
WORD_EVERY = timedelta(seconds=30)
"""How exactly `last_ok_at` is kept: it is written for people, not for each message."""
_STOPPED, _CLEAR, _AWAY = "transport", "transport-clear", "transport-away"
"""What the keys of alarms about a server begin with."""


def state(row: Transport) -> State:
    """How it is: the one place where that is decided, for routes, pages, `doctor`, metrics and commands. Pure."""
    if not row.enabled:
        return State.DISABLED
    if row.paused_at is not None:
        return State.PAUSED
    if not row.host:
        return State.UNSET
    if row.sleeping_until is not None:
        return State.SLEEPING
    return State.WORKS if row.last_ok_at else State.UNTRIED


# Asking.


def every(config: Config) -> list[Transport]:
    """All of them, the default one first if there is a URL or a row for it; writes nothing.

    A URL that cannot be used leaves the default one without a host, and says why in ``last_error``.
    """
    rows = list(Transport.objects.prefetch_related("publications"))
    mine = next((row for row in rows if row.name == DEFAULT), None)
    others = [row for row in rows if row.name != DEFAULT]
    return others if mine is None and not config.smtp_url else [followed(config, mine), *others]


def followed(config: Config, row: Transport | None = None) -> Transport:
    """The default one as its URL has it, on top of its row; for reading, not for saving."""
    row = row or Transport(name=DEFAULT)
    try:
        _point(row, config)
    except InvalidInput as error:
        row.last_error = words_of(error)
    return row


def get(name: str, config: Config) -> Transport:
    """One by its name. Raises NotFound."""
    for row in every(config):
        if row.name == name:
            return row
    raise NotFound(_("There is no mail server “%(name)s”. `newsletter transports list` shows them.", name=name))


def stopped() -> list[Transport]:
    """Those in use that stopped by themselves, over a password or over TLS, and wait for a person."""
    return list(Transport.objects.filter(enabled=True, paused_at__isnull=False, paused_by=""))


def alarm_key(name: str) -> str:
    """Of the alarm that says why it stopped."""
    return f"{_STOPPED}:{name}"


def of_alarm(key: str) -> str:
    """The name of the server that an alarm is about, empty for any other alarm.

    Such an alarm ends with its cause, and comes again while that lasts: to put it away would decide nothing.
    """
    kind, _, name = key.partition(":")
    return name if kind in {_STOPPED, _CLEAR, _AWAY} else ""


def snapshot(publication_id: int | None, *, at_limit: Container[int] = ()) -> tuple[RouteState, ...]:
    """The servers of a publication as `routing` wants them; ``at_limit``: ids that can take nothing now.

    None: of our own single mails, which go by any server for all publications, or by whichever there is.
    """
    rows = Transport.objects.filter(enabled=True).exclude(host="")
    named = Transport.publications.through.objects.filter(publication_id=publication_id or 0).values("transport_id")
    found = list(rows.filter(Q(serves_all=True) | Q(pk__in=named)).order_by("pk"))
    if publication_id is None and not found:
        found = list(rows.order_by("pk"))
    return tuple(
        RouteState(
            id=row.pk,
            role=Role(row.role),
            weight=max(row.weight, 1),
            state=state(row),
            is_clear=cleartext_policy.is_clear(tls=row.tls, host=row.host),
            at_limit=row.pk in at_limit,
        )
        for row in found
    )


def default_id(*, host: str = "") -> int:
    """Of the transport that follows the URL; its row is made when there is none, ``host`` written where it has none."""
    row, _ = Transport.objects.get_or_create(name=DEFAULT)
    if host and not row.host:
        _row(row.pk).update(host=host)
    return row.pk


def publications_sending() -> list[int]:
    """Those of which something may go out now."""
    sending = Issue.objects.filter(state__in=[IssueState.SENDING, IssueState.FINISHED], release__finished_at=None)
    return list(sending.filter(release__isnull=False).values_list("publication_id", flat=True).distinct().order_by())


# The default one.


def follow_url(config: Config) -> None:
    """Write down what NEWSLETTER_SMTP_URL says, if that is news. Raises InvalidInput for a bad URL."""
    row = Transport.objects.filter(name=DEFAULT).first()
    if row is None and not config.smtp_url:
        return
    row = row or Transport(name=DEFAULT)
    before = (row.pk, row.host, row.port, row.user, row.tls)
    _point(row, config)
    if before != (row.pk, row.host, row.port, row.user, row.tls) or row.pk is None:
        values = {"host": row.host, "port": row.port, "user": row.user, "tls": row.tls}
        Transport.objects.update_or_create(name=DEFAULT, defaults=values)


def _point(row: Transport, config: Config) -> None:
    row.max_connections = config.smtp_connections
    row.host = ""
    if config.smtp_url:
        said = transport_url.settings_of(config.smtp_url)
        row.host, row.port, row.user, row.tls = said.host, said.port, said.user, said.tls


# What the carriers report.


def worked(transport_id: int, *, now: datetime) -> None:
    """It took mail, or would have: whatever was wrong is over."""
    stale = Q(last_ok_at__isnull=True) | Q(last_ok_at__lt=now - WORD_EVERY)
    ill = Q(sleeping_until__isnull=False) | Q(failures__gt=0)
    name = _row(transport_id).filter(ill).values_list("name", flat=True).first()
    _row(transport_id).filter(stale | ill).update(last_ok_at=now, sleeping_until=None, failures=0, last_error="")
    if name:
        alarms.settle_alarm(key=_away(name), now=now)


def failed(
    transport_id: int, *, reason: str, permanent: bool, chance: float, now: datetime, probe: bool = False
) -> timedelta | None:
    """It could not be used: leave it alone for a while, or, if only a person can help, until then (trust B4, X2).

    Many connections report one failure; while it sleeps, further reports change nothing, but for that of a ``probe``.
    Returns how long it is left alone; None when it is not, or waits for a person.
    """
    row = Transport.objects.filter(pk=transport_id).first()
    if row is None:
        return None
    reason = cut(reason, 500)
    if permanent:
        _stop(row, reason=reason, now=now)
        return None
    asleep = row.sleeping_until is not None and row.sleeping_until > now
    if asleep and not probe:
        return None
    nap = retry_policy.nap(row.failures + 1, chance=chance)
    # Of two that report at once, the one that read first counts.
    mine = _row(transport_id).filter(failures=row.failures, sleeping_until=row.sleeping_until)
    if not mine.update(failures=min(row.failures + 1, 1000), sleeping_until=now + nap, last_error=reason):
        return None
    seconds = nap.total_seconds()
    events.say("transport.sleeping", level=logging.WARNING, transport=row.pk, seconds=seconds, why=reason)
    if row.failures + 1 >= TELL_AFTER:
        alarms.tell_alarm(key=_away(row.name), text=_away_words(row, reason=reason), now=now)
    return nap


def _away_words(row: Transport, *, reason: str) -> str:
    """Which server fails, why, and what that means for the mail that it would carry."""
    server = _("The mail server “%(name)s” does not work.", name=row.name)
    return sentences([server, reason, _meanwhile(row)])


def _meanwhile(row: Transport) -> str:
    mine: set[int | None] = {*_served([row])}
    if all(routing.choose(snapshot(one)) for one in mine or {None}):
        return _("It is tried again by itself. Other servers send meanwhile.")
    if any(routing.choose(snapshot(one)) for one in {*_served(Transport.objects.all()), None}):
        return _("It is tried again by itself. Newsletters that only it sends wait; other servers send the rest.")
    return _("It is tried again by itself; mail waits.")


def takes_nothing(row: Transport) -> bool:
    """It may take no mail now, though it works: others come first, or it would take the place of an encrypted one."""
    if row.pk is None or not cleartext_policy.is_clear(tls=row.tls, host=row.host):
        return False
    return not any(row.pk in routing.choose(snapshot(one)) for one in {None, *_served([row])})


def _served(rows: Iterable[Transport]) -> set[int]:
    """Ids of the publications that one of them carries."""
    rows = list(rows)
    found = Publication.objects.all()
    if not any(row.serves_all for row in rows):
        named = Transport.publications.through.objects.filter(transport__in=rows).values("publication_id")
        found = found.filter(pk__in=named)
    return set(found.values_list("pk", flat=True))


def tested(name: str, *, problem: str, config: Config, now: datetime) -> None:
    """A person tried its connection, without a mail; ``problem``: why that failed, empty when it went well.

    One that failed is not called ready any more: it is left alone until a worker's probe finds it well, or stops it.
    One that is left alone and does well may take mail again. What has just taken mail is believed more than a test: a
    server may be short of connections for the very reason that it is at work. Raises NotFound.
    """
    if name == DEFAULT:
        follow_url(config)
    row = _named(name)
    if not (state(row).is_usable or state(row) is State.SLEEPING):
        return
    if not problem:
        if row.sleeping_until is not None:
            passed(row.pk)
    elif row.last_ok_at is None or now - row.last_ok_at > AT_WORK:
        failed(row.pk, reason=problem, permanent=False, chance=0.0, now=now)


def probes_due(*, now: datetime, among: Container[int]) -> list[int]:
    """Servers that have slept enough: probe each, then say `passed` or `failed`. Of all workers only one gets each.

    ``among``: ids that the caller can probe; whoever takes one and does not would keep the others from it.
    """
    due = Transport.objects.filter(enabled=True, paused_at__isnull=True, sleeping_until__lte=now)
    mine = due.values_list("pk", "sleeping_until")
    return [
        pk
        for pk, until in list(mine)
        if pk in among and _row(pk).filter(sleeping_until=until).update(sleeping_until=now + PROBE_WITHIN)
    ]


def passed(transport_id: int) -> None:
    """It answered a probe and may take mail again; the next nap grows still, unless it does take some."""
    _row(transport_id).update(sleeping_until=None)
    doorbell.ring()


def _stop(row: Transport, *, reason: str, now: datetime) -> None:
    with transaction.atomic():
        first = _row(row.pk).filter(paused_at__isnull=True)
        if first.update(paused_at=now, paused_reason=reason, paused_by="", last_error=reason):
            alarms.raise_alarm(key=alarm_key(row.name), text=reason, now=now)
            events.say("transport.paused", level=logging.ERROR, transport=row.pk, why=reason)


# What people do.


def pause(name: str, *, by: str, now: datetime, reason: str = "") -> None:
    """Hand nothing to it until a person resumes it; what is in flight ends. Raises NotFound."""
    if name == DEFAULT:
        default_id()  # no worker may have written it down yet
    row = _named(name)
    with transaction.atomic():
        if (
            _row(row.pk)
            .filter(paused_at__isnull=True)
            .update(paused_at=now, paused_reason=cut(reason, 500), paused_by=by)
        ):
            _record(row, "pause", by=by, now=now)
            events.say("transport.paused", transport=row.pk, why=reason or None)


def resume(name: str, *, by: str, now: datetime) -> bool:
    """Try it again; True when it had been paused. Raises NotFound."""
    row = _named(name)
    with transaction.atomic():
        was = bool(_row(row.pk).filter(paused_at__isnull=False).update(**RESUMED))
        _row(row.pk).update(sleeping_until=None)
        alarms.settle_alarm(key=alarm_key(name), now=now)
        if was:
            _record(row, "resume", by=by, now=now)
            events.say("transport.resumed", transport=row.pk)
        doorbell.ring()
    return was


RESUMED = {"paused_at": None, "paused_reason": "", "paused_by": "", "sleeping_until": None, "failures": 0}
"""The columns of one that is tried afresh."""


def tell_undecided(*, now: datetime) -> None:
    """Of each server that sent without encryption before anybody was asked: it keeps sending, and staff is told."""
    for row in Transport.objects.all():
        if row.enabled and row.host and row.clear_before == row.host and is_undecided(row):
            text = _(
                "Mail to “%(name)s” (%(host)s) travels without encryption: whoever is on the way can read it, and who "
                "gets it. It goes on so until you decide, on its page under Mail servers: choose STARTTLS or TLS, or, "
                "only if it is in your own network, accept it by name.",
                name=row.name,
                host=row.host,
            )
            alarms.raise_alarm(key=_clear(row.name), text=text, now=now)
        else:
            alarms.settle_alarm(key=_clear(row.name), now=now)


def is_undecided(row: Transport) -> bool:
    """It has no encryption, and nobody has accepted that for the host that it has now. Pure."""
    return cleartext_policy.is_clear(tls=row.tls, host=row.host) and row.clear_accepted != row.host


def undecided_words(row: Transport) -> Translatable | None:
    """Of one that could be used: it has no encryption, which nobody has accepted, and what follows. Pure."""
    if not state(row).is_usable or not is_undecided(row):
        return None
    if row.clear_before == row.host:
        return _(
            "Mail to it travels without encryption, and nobody has accepted that: choose STARTTLS or TLS, or accept it."
        )
    return _(
        "Mail to it would travel without encryption, and nobody has accepted that, so nothing is sent through it: "
        "choose STARTTLS or TLS, or accept it."
    )


def forget_alarms(name: str, *, now: datetime) -> None:
    """It is gone, or was changed: what was told of it is over."""
    for key in (alarm_key(name), _away(name), _clear(name)):
        alarms.settle_alarm(key=key, now=now)


def locked(name: str) -> Transport:
    """The row, locked for the caller's transaction. Raises NotFound."""
    _named(name)
    return Transport.objects.select_for_update().get(name=name)


def _record(row: Transport, action: str, *, by: str, now: datetime) -> None:
    staff.record(actor=by, action=f"transport.{action}", subject=f"transport:{row.name}", now=now)


def _named(name: str) -> Transport:
    row = Transport.objects.filter(name=name).first()
    if row is None:
        raise NotFound(_("There is no mail server “%(name)s”. `newsletter transports list` shows them.", name=name))
    return row


def _row(transport_id: int) -> QuerySet[Transport]:
    return Transport.objects.filter(pk=transport_id)


def _clear(name: str) -> str:
    return f"{_CLEAR}:{name}"


def _away(name: str) -> str:
    return f"{_AWAY}:{name}"
