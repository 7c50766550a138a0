"""How the mail servers do: which may be asked, which failed, which wait for a person, and what brings them back.

A server that fails is left alone for growing naps, then probed, and comes back by itself; a server that refuses our
password or has no TLS is paused until a person acts. Nobody's delivery is penalised for either (trust B3, B4, X2).
"""

import logging
from collections.abc import Container
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from newsletter.conf import Config
from newsletter.delivery import alarms, doorbell, events
from newsletter.delivery.models import Transport
from newsletter.delivery.replies import retry_policy
from newsletter.delivery.servers.routing import State as State  # how a server is, for whoever asks here
from newsletter.delivery.servers.server_alarms import alarm_key, away, away_words
from newsletter.delivery.servers.server_state import state
from newsletter.delivery.servers.stored_servers import DEFAULT, by_name, default_id, follow_url, row_of
from newsletter.staff import services as staff
from newsletter.stored import cut

PROBE_WITHIN = timedelta(seconds=60)
"""A probe that nobody has reported by then is made again, by whoever comes first."""
TELL_AFTER = 8
"""Failures in a row, about eight minutes, after which the staff is told; a server that blinks is nobody's concern."""
AT_WORK = timedelta(minutes=2)
"""A server that took mail so short a time ago is at work."""
WORD_EVERY = timedelta(seconds=30)
"""How exactly `last_ok_at` is kept: it is written for people, not for each message."""
RESUMED = {"paused_at": None, "paused_reason": "", "paused_by": "", "sleeping_until": None, "failures": 0}
"""The columns of a server that is tried afresh."""


def stopped() -> list[Transport]:
    """Servers in use that stopped by themselves, over a password or over TLS, and wait for a person."""
    return list(Transport.objects.filter(enabled=True, paused_at__isnull=False, paused_by=""))


# What the carriers report.


def worked(transport_id: int, *, now: datetime) -> None:
    """Note that a server took mail, or would have: whatever was wrong is over."""
    stale = Q(last_ok_at__isnull=True) | Q(last_ok_at__lt=now - WORD_EVERY)
    ill = Q(sleeping_until__isnull=False) | Q(failures__gt=0)
    name = row_of(transport_id).filter(ill).values_list("name", flat=True).first()
    row_of(transport_id).filter(stale | ill).update(last_ok_at=now, sleeping_until=None, failures=0, last_error="")
    if name:
        alarms.settle_alarm(key=away(name), now=now)


def failed(
    transport_id: int, *, reason: str, permanent: bool, chance: float, now: datetime, probe: bool = False
) -> timedelta | None:
    """Leave a server that failed alone for a while, or, if only a person can help, until then (trust B4, X2).

    Many connections report the same failure; while the server sleeps, only a ``probe`` changes it.
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
    # Of two that report at once, the first to read counts.
    mine = row_of(transport_id).filter(failures=row.failures, sleeping_until=row.sleeping_until)
    if not mine.update(failures=min(row.failures + 1, 1000), sleeping_until=now + nap, last_error=reason):
        return None
    seconds = nap.total_seconds()
    events.say("transport.sleeping", level=logging.WARNING, transport=row.pk, seconds=seconds, why=reason)
    if row.failures + 1 >= TELL_AFTER:
        alarms.tell_alarm(key=away(row.name), text=away_words(row, reason=reason), now=now)
    return nap


def tested(name: str, *, problem: str, config: Config, now: datetime) -> None:
    """A person tried its connection, without a mail; ``problem``: why that failed, empty when it went well.

    One that failed is not called ready any more: it is left alone until a worker's probe finds it well, or stops it.
    One that is left alone and does well may take mail again. What has just taken mail is believed more than a test: a
    server may be short of connections for the very reason that it is at work. Raises NotFound.
    """
    if name == DEFAULT:
        follow_url(config)
    row = by_name(name)
    if not (state(row).is_usable or state(row) is State.SLEEPING):
        return
    if not problem:
        if row.sleeping_until is not None:
            passed(row.pk)
    elif row.last_ok_at is None or now - row.last_ok_at > AT_WORK:
        failed(row.pk, reason=problem, permanent=False, chance=0.0, now=now)


def probes_due(*, now: datetime, among: Container[int]) -> list[int]:
    """Servers that have slept enough: probe each, then say `passed` or `failed`. Each is given to a single worker.

    ``among``: ids that the caller can probe; whoever takes a server and does not would keep the others from it.
    """
    due = Transport.objects.filter(enabled=True, paused_at__isnull=True, sleeping_until__lte=now)
    mine = due.values_list("pk", "sleeping_until")
    return [
        pk
        for pk, until in list(mine)
        if pk in among and row_of(pk).filter(sleeping_until=until).update(sleeping_until=now + PROBE_WITHIN)
    ]


def passed(transport_id: int) -> None:
    """Let a server that answered a probe take mail again; the next nap grows still, until it takes some."""
    row_of(transport_id).update(sleeping_until=None)
    doorbell.ring()


def _stop(row: Transport, *, reason: str, now: datetime) -> None:
    with transaction.atomic():
        first = row_of(row.pk).filter(paused_at__isnull=True)
        if first.update(paused_at=now, paused_reason=reason, paused_by="", last_error=reason):
            alarms.raise_alarm(key=alarm_key(row.name), text=reason, now=now)
            events.say("transport.paused", level=logging.ERROR, transport=row.pk, why=reason)


# What people do.


def pause(name: str, *, by: str, now: datetime, reason: str = "") -> None:
    """Hand nothing to it until a person resumes it; what is in flight ends. Raises NotFound."""
    if name == DEFAULT:
        default_id()  # no worker may have written it down yet
    row = by_name(name)
    with transaction.atomic():
        if (
            row_of(row.pk)
            .filter(paused_at__isnull=True)
            .update(paused_at=now, paused_reason=cut(reason, 500), paused_by=by)
        ):
            _record(row, "pause", by=by, now=now)
            events.say("transport.paused", transport=row.pk, why=reason or None)


def resume(name: str, *, by: str, now: datetime) -> bool:
    """Try it again; True when it had been paused. Raises NotFound."""
    row = by_name(name)
    with transaction.atomic():
        was = bool(row_of(row.pk).filter(paused_at__isnull=False).update(**RESUMED))
        row_of(row.pk).update(sleeping_until=None)
        alarms.settle_alarm(key=alarm_key(name), now=now)
        if was:
            _record(row, "resume", by=by, now=now)
            events.say("transport.resumed", transport=row.pk)
        doorbell.ring()
    return was


def _record(row: Transport, action: str, *, by: str, now: datetime) -> None:
    staff.record(actor=by, action=f"transport.{action}", subject=f"transport:{row.name}", now=now)
