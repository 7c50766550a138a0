"""The front page of the newsroom, and the settings."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from newsletter.articles import queries as articles
from newsletter.conf import config
from newsletter.delivery import alarms
from newsletter.delivery.control import restore_guard
from newsletter.delivery.ledger import queries as delivery
from newsletter.delivery.progress import samples
from newsletter.delivery.servers import server_alarms, server_health
from newsletter.issues import queries, states
from newsletter.issues.models import Issue
from newsletter.scheduling import services as scheduling
from newsletter.staff import access
from newsletter.staff.models import ADMIN, EDITOR
from newsletter.web import lookups, posts, watching, words
from newsletter.web.posts import clock
from subscribers import api as subscribers

READY = frozenset({server_health.State.WORKS, server_health.State.UNTRIED})
RECENT = 6
RELEASED = 24
"""Released issues that are looked at for those of which anything was sent."""
DRAFTS = 12


@access.require(EDITOR, ADMIN)
@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """What goes out next, what waits for someone, how the last ones went, and what to do first."""
    now = clock()
    publications = list(queries.publications())
    lookups.in_their_zone(publications)
    stopped = server_health.stopped()
    told = {server_alarms.alarm_key(row.name) for row in stopped} | {restore_guard.ALARM}
    drafts = queries.drafts(limit=DRAFTS)
    released = queries.issues_of().filter(state__in=states.RELEASED)[:RELEASED]
    context = {
        # What is said with a button of its own is not said twice.
        "alarms": [(alarm, server_alarms.of_alarm(alarm.key)) for alarm in alarms.standing() if alarm.key not in told],
        "hold": restore_guard.hold_standing(),
        "hold_words": words.HOLD,
        "command": restore_guard.COMMAND,
        "stopped": stopped,
        "standstill": delivery.open_work().transport_paused,
        "coming": scheduling.coming(now=now),
        "held": queries.held(),
        # A draft without a story waits for its editor, not for consent.
        "waiting": [(issue, stories) for issue, stories in drafts if stories],
        "empty": [issue for issue, stories in drafts if not stories],
        "me": access.user(request).actor,
        "recent": list(islice(_sent(released, now=now), RECENT)),
        "words": words.ISSUE,
        "first": _first(request, publications=bool(publications)),
        "publications": publications,
    }
    return render(request, "newsroom/front.html", context)


def _sent(released: Iterable[Issue], *, now: datetime) -> Iterator[dict[str, object]]:
    """Issues of which anything was sent, with their numbers, which add up to their recipients."""
    for issue in released:
        far = samples.look(issue.pk, now=now)
        if watching.is_unsent(issue, far):
            continue
        planned, open_, accepted = (far.planned, far.planned - far.settled, far.now.accepted) if far else (0, 0, 0)
        yield {
            "issue": issue,
            "word": watching.word(issue, now=now, far=far),
            "planned": planned,
            "accepted": accepted,
            "open": open_,
            "other": planned - open_ - accepted,
        }


def _first(request: HttpRequest, *, publications: bool) -> list[dict[str, object]]:
    """The steps to a first issue, each with whether it is done; empty once an issue exists.

    Without the first two nothing reaches a reader. ``ask``: whose step it is, for whoever may not take it.
    """
    if queries.issues_of().exists():
        return []
    person = access.user(request)
    ready = any(server.state in READY for server in lookups.servers())
    has_address, has_lists = not config().is_loopback, bool(subscribers.lists())
    steps = [
        (ADMIN, ready, _("Add the mail server that sends your mail"), "servers"),
        (ADMIN, has_address, _("Set the public address that readers reach: NEWSLETTER_BASE_URL"), "settings"),
        (ADMIN, has_lists, _("Create a list for your subscribers"), "lists"),
        (ADMIN, publications, _("Set up a newsletter"), "publication_new"),
        (EDITOR, bool(list(articles.newest(limit=1))), _("Add an article"), "article_new"),
        (EDITOR, False, _("Create the first issue"), "issues"),
    ]
    ask = {ADMIN: _("Ask an administrator."), EDITOR: _("An editor does this.")}
    return [
        {"done": done, "label": label, "url": url, "ask": "" if person.has_role(role) else ask[role]}
        for role, done, label, url in steps
    ]


@access.require(EDITOR, ADMIN)
@require_POST
def settle_alarm(request: HttpRequest) -> HttpResponse:
    """Somebody has seen to it. What is wrong with a mail server ends with its cause alone."""
    key = posts.text(request, "key")
    if not server_alarms.of_alarm(key):
        alarms.settle_alarm(key=key, now=clock())
        messages.success(request, _("Done."))
    return redirect("newsroom")


@access.require(EDITOR, ADMIN)
@require_POST
def resume_transport(request: HttpRequest) -> HttpResponse:
    """Try a mail server again that had stopped by itself, after somebody has put right what was wrong."""
    name, by = posts.text(request, "name"), access.user(request).actor
    if any(row.name == name for row in server_health.stopped()):
        said = _("The mail server is being tried again.")
        posts.done(request, lambda: server_health.resume(name, by=by, now=clock()), said)
    return redirect("newsroom")


@access.require(ADMIN)
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """How this installation is set up, and what it waits for."""
    engine = django_settings.DATABASES["default"]["ENGINE"]
    context = {
        "config": config(),
        "servers": lookups.servers(),
        "states": words.TRANSPORT,
        "work": delivery.open_work(),
        "database": "PostgreSQL" if "postgresql" in str(engine) else "SQLite",
    }
    return render(request, "newsroom/settings.html", context)
