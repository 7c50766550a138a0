"""Which mail servers may be asked, decided here alone. Reads only."""

from collections.abc import Container, Iterable

from django.db.models import Q

from newsletter.delivery.models import Transport
from newsletter.delivery.servers import routing
from newsletter.delivery.servers.routing import RouteState
from newsletter.delivery.servers.routing import State as State  # how a server is, for whoever asks here
from newsletter.delivery.smtp import cleartext_policy
from newsletter.delivery.states import Role
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState


def state(row: Transport) -> State:
    """The state of a server, decided here alone, for routes, pages, `doctor`, metrics and commands. Pure."""
    if not row.enabled:
        return State.DISABLED
    if row.paused_at is not None:
        return State.PAUSED
    if not row.host:
        return State.UNSET
    if row.sleeping_until is not None:
        return State.SLEEPING
    return State.WORKS if row.last_ok_at else State.UNTRIED


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


def publications_sending() -> list[int]:
    """Publications of which something may go out now."""
    sending = Issue.objects.filter(state__in=[IssueState.SENDING, IssueState.FINISHED], release__finished_at=None)
    return list(sending.filter(release__isnull=False).values_list("publication_id", flat=True).distinct().order_by())


def takes_nothing(row: Transport) -> bool:
    """Whether a working server may take no mail now: others come first, or it would replace an encrypted server."""
    if row.pk is None or not cleartext_policy.is_clear(tls=row.tls, host=row.host):
        return False
    return not any(row.pk in routing.choose(snapshot(publication)) for publication in {None, *served([row])})


def served(rows: Iterable[Transport]) -> set[int]:
    """Ids of the publications that any of them carries."""
    rows = list(rows)
    found = Publication.objects.all()
    if not any(row.serves_all for row in rows):
        named = Transport.publications.through.objects.filter(transport__in=rows).values("publication_id")
        found = found.filter(pk__in=named)
    return set(found.values_list("pk", flat=True))
