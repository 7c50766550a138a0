"""`/metrics` for Prometheus, behind a token: read from the database at each scrape, so that any web process answers."""

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from newsletter.conf import Config, config
from newsletter.delivery.progress import metrics
from newsletter.delivery.servers.routing import State
from newsletter.scheduling import due

TRANSPORT_STATES = ("ok", "sleeping", "paused", "disabled", "unset")
"""`ok`: mail may go that way, whether some has or not."""


@require_safe
@login_not_required
def answer(request: HttpRequest) -> HttpResponse:
    """The metrics for whoever shows the token; 404 where none is set, 401 for any other."""
    wanted = config().metrics_token
    if not wanted:
        raise Http404
    shown = request.headers.get("Authorization", "")
    # Compared as a whole, in constant time: how much of a guess is right cannot be measured.
    if not hmac.compare_digest(shown.encode(), f"Bearer {wanted}".encode()):
        return HttpResponse("Show the token.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Ledger(config(), now=timezone.now()))
    response = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response


class Ledger(Collector):
    """One reading as families. Labels are issue numbers, states and names of servers; never people."""

    def __init__(self, config: Config, *, now: datetime) -> None:
        self._config = config
        self._now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = metrics.read(now=self._now, journal_dir=self._config.journal_dir)
        yield from _releases(found)
        yield _gauges_by("chunks", "Open chunks by state.", "state", found.chunks)
        yield _gauge("workers", "Workers that hold a chunk.", found.workers)
        yield _gauges_by("outbox_mails", "Single mails of our own, by state.", "state", found.outbox)
        yield _gauge("outbox_oldest_seconds", "Age of the oldest single mail that waits.", found.outbox_oldest)
        transports = GaugeMetricFamily(
            "newsletter_transport", "1 for the state that a mail server is in.", labels=["transport", "state"]
        )
        for name, state in found.transports:
            for known in TRANSPORT_STATES:
                transports.add_metric([name, known], float(known == state_of(state)))
        yield transports
        lag = due.lag(now=self._now).total_seconds()
        yield _gauge("schedule_lag_seconds", "How long the oldest slot that has come waits for its work.", lag)
        if found.last_freeze is not None:
            yield _gauge("last_freeze_seconds", "How long the last freeze took.", found.last_freeze)
        yield _gauge(
            "uncertain", "Deliveries of all issues of which nobody knows whether they were taken.", found.uncertain
        )
        yield _gauge("alarms", "Warnings that nobody has settled.", found.alarms)
        yield _gauge("journals", "Journals on this machine.", len(found.journals))
        yield _gauge("journal_bytes", "Their size in all.", sum(found.journals))


def state_of(state: State) -> str:
    """A server's state as metrics call it."""
    return "ok" if state.is_usable else state.value


def _releases(found: metrics.Gauges) -> Iterator[GaugeMetricFamily]:
    states = GaugeMetricFamily(
        "newsletter_deliveries", "Deliveries of releases that are not over, by state.", labels=["issue", "state"]
    )
    rates = GaugeMetricFamily(
        "newsletter_accepted_per_second", "How fast mail is taken, over a span.", labels=["issue", "span"]
    )
    pending = 0
    for issue, look in found.releases.items():
        for state, n in look.now.counts.items():
            states.add_metric([str(issue), state.value], n)
        rates.add_metric([str(issue), "10s"], look.rate_short)
        rates.add_metric([str(issue), "1m"], look.rate_long)
        pending += look.now.pending
    yield states
    yield rates
    yield _gauge("pending", "Deliveries of all releases that were not tried yet.", pending)


def _gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"newsletter_{name}", help_, value=value)


def _gauges_by(name: str, help_: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"newsletter_{name}", help_, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
