"""A carrier for each mail server in use, made from the stored transports and the URL."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.conf import Config
from newsletter.delivery import sealed_secrets
from newsletter.delivery.carrier import Carrier
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import server_health, stored_servers, transport_url
from newsletter.delivery.smtp import client
from newsletter.delivery.smtp.settings import Clear, Timeouts, TransportSettings
from newsletter.errors import UserError, words_of
from newsletter.translatable import Translatable as _

PURPOSE = b"transport password"


class PasswordUnreadable(UserError, ValueError):
    """The stored password of a mail server cannot be read with our keys."""


@dataclass(frozen=True, kw_only=True)
class CarrierSettings:
    """All that it takes to make the carrier of a mail server."""

    id: int
    name: str
    version: int
    """Of the stored row; a carrier made from an older version is retired."""
    settings: TransportSettings
    connections: int


@dataclass(frozen=True)
class Share:
    """A worker process among several: a server's connections are divided among them."""

    number: int = 0
    of: int = 1

    def connections(self, most: int) -> int:
        """This process's part of ``most``, at least 1, since a process without any could not settle what it holds."""
        return max(1, (most + self.number) // self.of)


ALL = Share()


def carrier_settings(config: Config, *, now: datetime) -> tuple[CarrierSettings, ...]:
    """Every server in use. One whose password cannot be read is paused, said why, and left out (trust X1).

    Raises InvalidInput for a bad NEWSLETTER_SMTP_URL.
    """
    stored_servers.follow_url(config)
    found = []
    for row in Transport.objects.filter(enabled=True).exclude(host="").order_by("pk"):
        try:
            found.append(carrier_settings_of(row, config))
        except PasswordUnreadable as error:
            server_health.failed(row.pk, reason=words_of(error), permanent=True, chance=0.0, now=now)
    return tuple(found)


def carrier_settings_of(row: Transport, config: Config) -> CarrierSettings:
    """How to speak to a stored server. Raises PasswordUnreadable."""
    connections = row.max_connections
    if row.name == stored_servers.DEFAULT:
        connections = config.smtp_connections
        basis = transport_url.settings_of(config.smtp_url or "")
    else:
        basis = TransportSettings(
            host=row.host,
            port=row.port,
            user=row.user,
            password=password_of(row, config),
            tls=row.tls,  # type: ignore[arg-type]  # checked where it entered
            auth=row.auth,  # type: ignore[arg-type]
            kept_in=_("the settings of “%(name)s”", name=row.name),
        )
    settings = replace(
        basis,
        messages_per_connection=row.messages_per_connection,
        seconds_per_connection=row.seconds_per_connection,
        max_bytes=row.max_bytes,
        clear=_clear(row),
    )
    return CarrierSettings(id=row.pk, name=row.name, version=row.version, settings=settings, connections=connections)


def _clear(row: Transport) -> Clear:
    if row.clear_accepted == row.host:
        return "private"
    return "anywhere" if row.clear_before == row.host else "here"


def seal(password: str, *, name: str, host: str, user: str, config: Config) -> bytes:
    """A password for its column: it opens for this server and user only, so that no other host can be given it."""
    if not password:
        return b""
    return sealed_secrets.seal(
        password.encode(), key=config.message_key, purpose=PURPOSE, context=_context(name=name, host=host, user=user)
    )


def password_of(row: Transport, config: Config) -> str:
    """The stored password in clear, for a carrier and nobody else. Raises PasswordUnreadable."""
    if not row.secret:
        return ""
    context = _context(name=row.name, host=row.host, user=row.user)
    try:
        secret = sealed_secrets.open_sealed(bytes(row.secret), key=config.message_key, purpose=PURPOSE, context=context)
    except sealed_secrets.DecryptionFailed as error:
        raise PasswordUnreadable(
            _(
                "The password of the mail server “%(name)s” cannot be read with the keys of this installation. "
                "Nothing is lost, and it sends nothing; restore keys/messages.key from your backup, or type the "
                "password again, then resume.",
                name=row.name,
            )
        ) from error
    return secret.decode()


def _context(*, name: str, host: str, user: str) -> bytes:
    return "\0".join((name, host, user)).encode()


class CarrierRegistry:
    """Carriers by transport id, each kept while its row stays as it is. Lives in one event loop, as its carriers do."""

    def __init__(
        self,
        config: Config,
        *,
        share: Share = ALL,
        timeouts: Timeouts | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._config = config
        self._share = share
        self._ehlo_name = config.ehlo_name
        self._timeouts = timeouts
        self._context = context
        self._made: dict[int, tuple[CarrierSettings, Carrier]] = {}

    @property
    def carriers(self) -> dict[int, Carrier]:
        return {number: carrier for number, (_, carrier) in self._made.items()}

    def connections(self, transport: int) -> int:
        """How many its carrier keeps at most; 0: there is none."""
        made = self._made.get(transport)
        return 0 if made is None else made[0].connections

    def read(self, *, now: datetime) -> tuple[CarrierSettings, ...]:
        """See `carrier_settings`; in the thread that has the database."""
        found = carrier_settings(self._config, now=now)
        return tuple(replace(server, connections=self._share.connections(server.connections)) for server in found)

    def renew(self, found: Iterable[CarrierSettings]) -> list[Carrier]:
        """Make what is new or was edited; returns the carriers that are out of use now, for the caller to close."""
        wanted = {server.id: server for server in found}
        gone = {number for number, (made, _) in self._made.items() if wanted.get(number) != made}
        retired = [self._made.pop(number)[1] for number in sorted(gone)]
        for number, server in wanted.items():
            if number not in self._made:
                self._made[number] = (server, self._carrier(server))
        return retired

    def _carrier(self, server: CarrierSettings) -> Carrier:
        return client.SmtpCarrier(
            server.settings,
            ehlo_name=self._ehlo_name,
            connections=server.connections,
            timeouts=self._timeouts,
            context=self._context,
        )


class SingleCarrier:
    """A given carrier that stands for the default transport: for dry runs, and for tests."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._id = 0

    @property
    def carriers(self) -> dict[int, Carrier]:
        return {self._id: self._carrier}

    def connections(self, transport: int) -> int:
        """Nobody knows: it was made elsewhere."""
        return 0

    def read(self, *, now: datetime) -> tuple[CarrierSettings, ...]:
        self._id = stored_servers.default_id(host="given")
        return ()

    def renew(self, found: Iterable[CarrierSettings]) -> list[Carrier]:
        return []
