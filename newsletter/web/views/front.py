"""The front page of the newsroom, and the settings."""

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from newsletter.articles import queries as articles
from newsletter.conf import config
from newsletter.delivery import alarms, epoch, progress, transports
from newsletter.delivery import queries as delivery
from newsletter.issues import queries, states
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.scheduling import services as scheduling
from newsletter.staff import access
from newsletter.staff.models import ADMIN, EDITOR
from newsletter.web import forms, lookups, words
from newsletter.web.forms import clock
from subscribers import api as subscribers

RECENT = 6


@access.require(EDITOR, ADMIN)
@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """What goes out next, what waits for someone, how the last ones went, and what to do first."""
    now = clock()
    publications = list(queries.publications())
    recent = list(queries.issues_of().filter(state__in=states.RELEASED)[:RECENT])
    stopped = transports.stopped()
    told = {transports.alarm_key(row.name) for row in stopped} | {epoch.ALARM}
    context = {
        # What is said with a button of its own is not said twice.
        "alarms": [alarm for alarm in alarms.standing() if alarm.key not in told],
        "hold": epoch.hold_standing(),
        "hold_words": words.HOLD,
        "command": epoch.COMMAND,
        "stopped": stopped,
        "standstill": delivery.open_work().transport_paused,
        "upcoming": [(issue, scheduling.expected_at(issue, now=now)) for issue in queries.upcoming(now=now)],
        "drafts": list(queries.issues_of().filter(state=IssueState.DRAFT)[:RECENT]),
        "recent": [(issue, _numbers(issue)) for issue in recent],
        "slots": [
            (publication, slot)
            for publication in publications
            if queries.next_out(publication) is None
            for slot in scheduling.next_slots(publication, now=now)
        ],
        "words": words.ISSUE,
        "first": _first(publications=bool(publications)),
        "publications": publications,
    }
    return render(request, "newsroom/front.html", context)


def _numbers(issue: Issue) -> dict[str, int]:
    far = progress.look(issue.pk, now=clock())
    if far is None:
        return dict.fromkeys(("planned", "accepted", "open", "other"), 0)
    accepted = far.now.accepted
    return {
        "planned": far.planned,
        "accepted": accepted,
        "open": far.planned - far.settled,
        "other": far.settled - accepted,
    }


def _first(*, publications: bool) -> list[dict[str, object]]:
    """The steps to a first issue, each with whether it is done; empty once an issue exists."""
    if queries.issues_of().exists():
        return []
    return [
        {"done": bool(subscribers.lists()), "label": _("Make a list for your readers"), "url": "lists"},
        {"done": publications, "label": _("Set up a newsletter"), "url": "publication_new"},
        {"done": bool(list(articles.newest(limit=1))), "label": _("Add an article"), "url": "article_new"},
        {"done": False, "label": _("Put the first issue together"), "url": "issues"},
    ]


@access.require(EDITOR, ADMIN)
@require_POST
def settle_alarm(request: HttpRequest) -> HttpResponse:
    """Somebody has seen to it."""
    alarms.settle_alarm(key=forms.word(request, "key"), now=clock())
    forms.done(request, lambda: None, _("Done."))
    return redirect("newsroom")


@access.require(EDITOR, ADMIN)
@require_POST
def resume_transport(request: HttpRequest) -> HttpResponse:
    """Try a mail server again that had stopped by itself, after somebody has mended what was wrong."""
    name, by = forms.word(request, "name"), access.person(request).actor
    if any(row.name == name for row in transports.stopped()):
        said = _("The mail server is tried again.")
        forms.done(request, lambda: transports.resume(name, by=by, now=clock()), said)
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
