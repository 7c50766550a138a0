"""The mail servers that are stored, and the default server, which follows NEWSLETTER_SMTP_URL."""

from django.db.models import QuerySet

from newsletter.conf import Config
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import transport_url
from newsletter.delivery.servers.routing import State as State  # how a server is, for whoever asks here
from newsletter.errors import InvalidInput, NotFound, words_of
from newsletter.translatable import Translatable as _

DEFAULT = "default"
"""The transport that follows NEWSLETTER_SMTP_URL."""


# Asking.


def every(config: Config) -> list[Transport]:
    """All of them, the default server first if there is a URL or a row for it; writes nothing.

    A URL that cannot be used leaves the default server without a host, and says why in ``last_error``.
    """
    rows = list(Transport.objects.prefetch_related("publications"))
    mine = next((row for row in rows if row.name == DEFAULT), None)
    others = [row for row in rows if row.name != DEFAULT]
    return others if mine is None and not config.smtp_url else [followed(config, mine), *others]


def followed(config: Config, row: Transport | None = None) -> Transport:
    """The default server as its URL has it, on top of its row; for reading, not for saving."""
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


def default_id(*, host: str = "") -> int:
    """Of the transport that follows the URL; its row is made when there is none, ``host`` written where it has none."""
    row, _ = Transport.objects.get_or_create(name=DEFAULT)
    if host and not row.host:
        row_of(row.pk).update(host=host)
    return row.pk


# The default server.


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


def locked(name: str) -> Transport:
    """The row, locked for the caller's transaction. Raises NotFound."""
    by_name(name)
    return Transport.objects.select_for_update().get(name=name)


def by_name(name: str) -> Transport:
    row = Transport.objects.filter(name=name).first()
    if row is None:
        raise NotFound(_("There is no mail server “%(name)s”. `newsletter transports list` shows them.", name=name))
    return row


def row_of(transport_id: int) -> QuerySet[Transport]:
    return Transport.objects.filter(pk=transport_id)
