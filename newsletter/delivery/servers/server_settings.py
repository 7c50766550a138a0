"""Adding, changing and removing mail servers: every setting checked where it enters, every change written down."""

import re
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import partial
from typing import Any, get_args

from django.db import IntegrityError, transaction

from newsletter.conf import Config
from newsletter.delivery import doorbell
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import carrier_registry, server_alarms, server_health, stored_servers, transport_url
from newsletter.delivery.smtp import cleartext_policy
from newsletter.delivery.smtp.settings import Auth, Tls
from newsletter.delivery.states import Role
from newsletter.errors import InvalidInput, NotAllowed, all_at_once
from newsletter.issues.models import Publication
from newsletter.staff import services as staff
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

PORTS: dict[str, int] = {"starttls": 587, "implicit": 465, "none": 25}
"""What each kind of encryption is usually found at."""
RANGES = {
    "port": (1, 65535),
    "max_connections": (1, 100),
    "messages_per_connection": (1, 100),
    "seconds_per_connection": (1, 300),
    "max_bytes": (0, 1_000_000_000),
    "weight": (1, 1000),
}
"""Least and most of each number; a connection's life is bounded by trust B8."""
CHOICES: dict[str, tuple[str, ...]] = {"tls": get_args(Tls), "auth": get_args(Auth), "role": tuple(Role)}
CONNECTION = ("host", "port", "user", "tls", "auth", "max_connections")
"""What the default transport has from its URL and from NEWSLETTER_SMTP_CONNECTIONS, never from a person here."""

_RESERVED = frozenset({stored_servers.DEFAULT, "new"})
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class StoredSettings:
    """All that a person sets for a mail server, but its name."""

    host: str = ""
    port: int = 0
    """0: what is usual for its encryption."""
    user: str = ""
    password: str = field(default="", repr=False)
    """Empty: the stored password stays; a new host or user asks for it again."""
    tls: str = "starttls"
    clear_accepted: str = ""
    """The host again, typed by a person who accepts that mail to it travels without encryption."""
    auth: str = "auto"
    max_connections: int = 5
    messages_per_connection: int = 100
    seconds_per_connection: int = 300
    max_bytes: int = 0
    role: str = Role.PRIMARY
    weight: int = 1
    enabled: bool = True
    serves: tuple[int, ...] | None = None
    """Ids of the publications it carries; None: all, and our own single mails."""


def settings_of(row: Transport) -> StoredSettings:
    """What is stored, for `dataclasses.replace` and `edit`; without the password."""
    serves = None if row.serves_all else tuple(row.publications.order_by("pk").values_list("pk", flat=True))
    return StoredSettings(**{name: getattr(row, name) for name in _COLUMNS}, serves=serves)


_COLUMNS = tuple(f.name for f in fields(StoredSettings) if f.name not in {"password", "serves"})


def create(name: str, *, settings: StoredSettings, config: Config, by: str, now: datetime) -> Transport:
    """Add a mail server. Raises InvalidInput, naming the field."""
    name = name.strip()
    check_new(name, settings)
    values = _checked(settings)
    values["secret"] = carrier_registry.seal(
        settings.password, name=name, host=values["host"], user=values["user"], config=config
    )
    try:
        with transaction.atomic():
            row = Transport.objects.create(name=name, **values)
            _serve(row, settings.serves)
            _record(row, "create", by=by, now=now, changed=[])
    except IntegrityError as error:
        raise InvalidInput(
            _("There is already a mail server named “%(name)s”. Choose another name.", name=name), field="name"
        ) from error
    doorbell.ring()
    return row


def check_new(name: str, settings: StoredSettings) -> None:
    """Raises InvalidInput for all that cannot be used of a new server, at once."""
    all_at_once(lambda: _check_name(name.strip()), lambda: _checked(settings), lambda: _check_password(settings))


def check(settings: StoredSettings, *, is_default: bool = False) -> None:
    """Check a change to a stored server; of the default server, what its URL does not say."""
    _checked(settings, url=is_default)


def _check_name(name: str) -> None:
    if name in _RESERVED or not _NAME.fullmatch(name) or len(name) > 60:
        raise InvalidInput(
            _(
                "Use lowercase letters, digits and single hyphens, such as “relay-2”; “default” is the one set by"
                " NEWSLETTER_SMTP_URL, and “new” is reserved."
            ),
            field="name",
        )


def _check_password(settings: StoredSettings) -> None:
    if settings.user and not settings.password:
        raise InvalidInput(_("Type the password that goes with the user."), field="password")


def edit(name: str, *, settings: StoredSettings, config: Config, by: str, now: datetime) -> Transport:
    """Change a mail server; connections are made anew. Of the default server only what its URL does not say is changed.

    One that had paused by itself is tried again when what it is connected by was changed.
    Raises InvalidInput, NotFound.
    """
    default = name == stored_servers.DEFAULT
    if default:
        stored_servers.get(name, config)
        stored_servers.follow_url(config)
        stored_servers.default_id()
    with transaction.atomic():
        row = stored_servers.locked(name)
        if default:
            settings = _with(settings, row, CONNECTION)
        values = _checked(settings, url=default)
        if not default:
            values["secret"] = _secret(row, settings, values, config)
        changed = _changed(row, values, settings.serves)
        for column, value in values.items():
            setattr(row, column, value)
        if changed:
            row.version += 1
            if not row.paused_by and set(changed) & {*CONNECTION, "clear_accepted", "secret"}:
                for column, value in server_health.RESUMED.items():
                    setattr(row, column, value)
                server_alarms.forget_alarms(name, now=now)
            row.save()
            _serve(row, settings.serves)
            _record(row, "edit", by=by, now=now, changed=changed)
            server_alarms.tell_undecided(now=now)
    doorbell.ring()
    return row


def remove(name: str, *, config: Config, by: str, now: datetime) -> None:
    """Forget a mail server and its password. Raises NotFound, and NotAllowed while it is the only one in use."""
    row = stored_servers.get(name, config)
    if name == stored_servers.DEFAULT:
        raise NotAllowed(
            _(
                "This server is set by NEWSLETTER_SMTP_URL. Remove that setting and restart, or switch the server"
                " off here."
            )
        )
    if row.enabled and not any(
        other.enabled and other.host for other in stored_servers.every(config) if other.pk != row.pk
    ):
        raise NotAllowed(
            _(
                "This is the only mail server in use, so nothing could be sent without it. Nothing was changed; "
                "add another one first."
            )
        )
    with transaction.atomic():
        stored_servers.locked(name).delete()
        server_alarms.forget_alarms(name, now=now)
        _record(row, "remove", by=by, now=now, changed=[])


def unserved(config: Config) -> list[Publication]:
    """Newsletters that no server in use carries, while there is any server: their mail would wait for ever."""
    rows = [row for row in stored_servers.every(config) if row.enabled and row.host]
    if not rows or any(row.serves_all for row in rows):
        return []
    served = {publication.pk for row in rows for publication in row.publications.all()}
    return [publication for publication in Publication.objects.all() if publication.pk not in served]


def _with(settings: StoredSettings, row: Transport, columns: tuple[str, ...]) -> StoredSettings:
    kept = {column: getattr(row, column) for column in columns}
    return StoredSettings(**{f.name: kept.get(f.name, getattr(settings, f.name)) for f in fields(settings)})


def _secret(row: Transport, settings: StoredSettings, values: dict[str, Any], config: Config) -> bytes:
    """The column for the password: the new password, the old, or none. Raises InvalidInput."""
    host, user = values["host"], values["user"]
    if settings.password:
        return carrier_registry.seal(settings.password, name=row.name, host=host, user=user, config=config)
    if not user:
        return b""
    if not row.secret or (host, user) != (row.host, row.user):
        # A stored password is not carried to another host: whoever may edit would then be shown it there.
        raise InvalidInput(
            _("Type the password again: the stored one belongs to the previous host and user."), field="password"
        )
    return bytes(row.secret)


def _changed(row: Transport, values: dict[str, Any], serves: tuple[int, ...] | None) -> list[str]:
    def stored(column: str) -> Any:
        return bytes(row.secret) if column == "secret" else getattr(row, column)

    changed = [column for column, value in values.items() if stored(column) != value]
    old = set(row.publications.values_list("pk", flat=True))
    return [*changed, *(["publications"] if set(serves or ()) != old else [])]


def _serve(row: Transport, serves: tuple[int, ...] | None) -> None:
    row.publications.set(serves or ())


def _record(row: Transport, action: str, *, by: str, now: datetime, changed: list[str]) -> None:
    detail: dict[str, object] = {"changed": changed} if changed else {}
    staff.record(actor=by, action=f"transport.{action}", subject=f"transport:{row.name}", now=now, detail=detail)


def _checked(settings: StoredSettings, *, url: bool = False) -> dict[str, Any]:
    """The settings as columns. Raises InvalidInput. ``url``: the connection comes from the URL, checked there."""
    values: dict[str, Any] = {name: getattr(settings, name) for name in _COLUMNS}
    if not url:
        values |= {"host": settings.host.strip().lower(), "user": settings.user.strip()}
        values["port"] = settings.port or PORTS.get(settings.tls, 0)
    own = [name for name in RANGES if not (url and name in CONNECTION)]
    connection = () if url else (lambda: _check_host(values["host"]), lambda: _check_user(values, settings.password))
    all_at_once(
        *(partial(_check_choice, name, values[name]) for name in CHOICES),
        *connection,
        lambda: _check_clear(values, is_asked=not url or bool(settings.clear_accepted)),
        *(partial(_check_range, name, values[name]) for name in own),
        lambda: _check_served(settings.serves),
    )
    return {**values, "serves_all": settings.serves is None}


def _check_choice(name: str, value: str) -> None:
    if value not in CHOICES[name]:
        raise InvalidInput(_("Choose one of: %(choices)s.", choices=", ".join(CHOICES[name])), field=name)


def _check_range(name: str, value: int) -> None:
    least, most = RANGES[name]
    if not least <= value <= most:
        text = _("Write a whole number from %(least)s to %(most)s.", least=Quantity(least), most=Quantity(most))
        raise InvalidInput(text, field=name)


def _check_host(host: str) -> None:
    if not transport_url.HOST.fullmatch(host):
        raise InvalidInput(_("Write the host's name or address only, such as mail.example.org."), field="host")


def _check_user(values: dict[str, Any], password: str) -> None:
    """How to sign in, which must not show the password to the network."""
    host, user = values["host"], values["user"]
    if _CONTROL.search(user) or len(user) > 254:
        raise InvalidInput(_("The user is too long, or contains a control character."), field="user")
    if _CONTROL.search(password) or len(password) > 4096:
        raise InvalidInput(_("The password is too long, or contains a control character."), field="password")
    if password and not user:
        raise InvalidInput(_("A password needs a user. Enter the user too."), field="user")
    if values["auth"] == "xoauth2" and not user:
        raise InvalidInput(_("XOAUTH2 needs a user and an access token."), field="user")
    if user and cleartext_policy.is_clear(tls=values["tls"], host=host):
        raise InvalidInput(
            _("Without encryption, anyone on the network could read the password. Choose STARTTLS or TLS."), field="tls"
        )


def _check_clear(values: dict[str, Any], *, is_asked: bool) -> None:
    """Without encryption only to this machine, or to a network of our own when that was accepted by name (trust S7).

    ``is_asked``: not of the default server, whose URL nobody can change here, until somebody accepts it. A server
    that is not in use sends nothing: whoever switches it off need accept nothing.
    """
    host = values["host"]
    values["clear_accepted"] = accepted = values["clear_accepted"].strip().lower()
    if not is_asked or not values["enabled"] or not transport_url.HOST.fullmatch(host):
        return
    if not cleartext_policy.is_clear(tls=values["tls"], host=host):
        values["clear_accepted"] = ""
        return
    if cleartext_policy.reach(host) is cleartext_policy.Reach.PUBLIC:
        raise InvalidInput(
            _(
                "%(host)s is on the internet: without encryption anyone on the way could read the mails and see who "
                "gets them. Choose STARTTLS or TLS.",
                host=host,
            ),
            field="tls",
        )
    if accepted != host:
        raise InvalidInput(
            _(
                "Mail to %(host)s would travel without encryption, and whoever is in that network could read it. "
                "If you accept that, type the server’s name here, or add --accept-clear %(host)s to the command.",
                host=host,
            ),
            field="clear_accepted",
        )


def _check_served(serves: tuple[int, ...] | None) -> None:
    if serves is None:
        return
    if not serves:
        raise InvalidInput(_("Choose at least one newsletter, or all of them."), field="serves")
    if Publication.objects.filter(pk__in=serves).count() != len(set(serves)):
        raise InvalidInput(_("One of these newsletters does not exist."), field="serves")
