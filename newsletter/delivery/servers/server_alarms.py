"""What the staff is told of a mail server: why it stopped, what that means for the mail, and when that is over."""

from datetime import datetime

from newsletter.delivery import alarms
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import routing
from newsletter.delivery.servers.routing import State as State  # how a server is, for whoever asks here
from newsletter.delivery.servers.server_state import served, snapshot, state
from newsletter.delivery.smtp import cleartext_policy
from newsletter.stored import sentences
from newsletter.translatable import Translatable
from newsletter.translatable import Translatable as _

_STOPPED, _CLEAR, _AWAY = "transport", "transport-clear", "transport-away"
"""What the keys of alarms about a server begin with."""


def alarm_key(name: str) -> str:
    """Of the alarm that says why it stopped."""
    return f"{_STOPPED}:{name}"


def of_alarm(key: str) -> str:
    """The name of the server that an alarm is about, empty for any other alarm.

    Such an alarm ends with its cause, and comes again while that lasts: to put it away would decide nothing.
    """
    kind, _, name = key.partition(":")
    return name if kind in {_STOPPED, _CLEAR, _AWAY} else ""


def away_words(row: Transport, *, reason: str) -> str:
    """Which server fails, why, and what that means for the mail that it would carry."""
    server = _("The mail server “%(name)s” does not work.", name=row.name)
    return sentences([server, reason, _meanwhile(row)])


def _meanwhile(row: Transport) -> str:
    mine: set[int | None] = {*served([row])}
    if all(routing.choose(snapshot(publication)) for publication in mine or {None}):
        return _("It is tried again by itself. Other servers send meanwhile.")
    if any(routing.choose(snapshot(publication)) for publication in {*served(Transport.objects.all()), None}):
        return _("It is tried again by itself. Newsletters that only it sends wait; other servers send the rest.")
    return _("It is tried again by itself; mail waits.")


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
    """Whether the server has no encryption, which nobody has accepted for its present host. Pure."""
    return cleartext_policy.is_clear(tls=row.tls, host=row.host) and row.clear_accepted != row.host


def undecided_words(row: Transport) -> Translatable | None:
    """Says of a usable server that it has no encryption, which nobody has accepted, and what follows. Pure."""
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
    """Settle the alarms of a server that is gone or was changed."""
    for key in (alarm_key(name), away(name), _clear(name)):
        alarms.settle_alarm(key=key, now=now)


def _clear(name: str) -> str:
    return f"{_CLEAR}:{name}"


def away(name: str) -> str:
    return f"{_AWAY}:{name}"
