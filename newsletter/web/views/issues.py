"""The issues: their list, and the composer in which an issue is put together."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter import pipeline
from newsletter.delivery.ledger import queries as deliveries
from newsletter.issues import queries, services, states
from newsletter.issues.models import Entry, Issue
from newsletter.issues.states import IssueState
from newsletter.scheduling import services as scheduling
from newsletter.staff import access
from newsletter.staff.models import EDITOR
from newsletter.web import composer, lookups, posts, watching
from newsletter.web.forms.issues import StoryForm, WordsForm
from newsletter.web.posts import clock

PAGE = 25
_STORY = "story-"
"""What a button's `go` begins with that leads to a story; then comes its id."""


@access.require(EDITOR)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All issues, newest first, and the way to a new issue."""
    page = Paginator(queries.issues_of(), PAGE).get_page(request.GET.get("page"))
    now = clock()
    publications = list(queries.publications())
    lookups.in_their_zone(publications)
    went_out = deliveries.released_at(issue.pk for issue in page.object_list)
    rows = [
        (issue, watching.word(issue, now=now), went_out.get(issue.pk) or _goes_out(issue, now=now))
        for issue in page.object_list
    ]
    context = {"page": page, "rows": rows, "publications": publications}
    return render(request, "issues/index.html", context)


def _goes_out(issue: Issue, *, now: datetime) -> datetime | None:
    """When it goes out, as far as that is settled: an approved issue without a time of its own has a slot."""
    return scheduling.expected_at(issue, now=now) if issue.state == IssueState.APPROVED else issue.send_at


@access.require(EDITOR)
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """A new draft of a newsletter: with the suggested stories, or empty."""
    made: list[Issue] = []

    def step() -> None:
        publication = lookups.publication(posts.text(request, "publication"))
        by, now = access.user(request).actor, clock()
        if request.POST.get("how") == "empty":
            made.append(services.create_issue(publication=publication, by=by, now=now))
        else:
            made.append(pipeline.assemble(publication=publication, by=by, now=now))

    if not posts.done(request, step):
        return redirect("issues")
    return redirect("issue", made[0].pk)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The composer of an issue that may be edited; what became of it once it is released."""
    found = lookups.issue(issue_id)
    if found.state in states.RELEASED and request.method != "POST":
        return redirect("issue_progress", issue_id)
    if request.method != "POST":
        return composer.page(request, found, WordsForm(issue=found))
    if "go" in request.POST:
        return _go(request, found, request.POST["go"])
    return composer.act(
        request, issue_id, lambda _issue: "" if "find" in request.POST else _("Saved."), anchor=_at(request)
    )


def _at(request: HttpRequest) -> str:
    return "picks" if "find" in request.POST else ""


def _go(request: HttpRequest, found: Issue, where: str) -> HttpResponse:
    """Save what was typed, then go where the button leads; not to a step that the change just took away."""
    refused = composer.save(request, found)
    if refused is not None:
        return refused
    voided = composer.tell_voided(request, found)
    if where.startswith(_STORY) and where.removeprefix(_STORY).isdecimal():
        return redirect("story", found.pk, int(where.removeprefix(_STORY)[:15]))
    steps = {"release", "cancel"}
    pages = {"preview": "issue_preview", "approve": "issue_approve", "schedule": "issue_schedule", "care": "issue_care"}
    if voided and where in {"schedule", "release"}:
        return redirect("issue", found.pk)
    if where in steps:
        return redirect("issue_step", found.pk, where)
    return redirect(pages.get(where, "issue"), found.pk)


@access.require(EDITOR)
@require_POST
def add_story(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Put picked articles at the end of the issue."""

    def step(found: Issue) -> str:
        by, now = access.user(request).actor, clock()
        composer.keep_ticks(request, issue_id, [])
        for raw in request.POST.getlist("article"):
            # One that must not go in keeps none of the others out.
            posts.done(request, lambda raw=raw: services.add_entry(found, lookups.article(raw), by=by, now=now))  # type: ignore[misc]
        return ""

    return composer.act(request, issue_id, step, anchor=composer.AT_STORIES)


@access.require(EDITOR)
@require_POST
def move_story(request: HttpRequest, issue_id: int, entry_id: int) -> HttpResponse:
    """One place up or down, or to the top."""

    def step(found: Issue) -> str:
        entry = lookups.story(found, entry_id)
        steps = {"up": entry.position - 1, "down": entry.position + 1, "top": 1}
        to = steps.get(request.POST.get("to", ""), entry.position)
        services.move_entry(entry, to=to, by=access.user(request).actor, now=clock())
        return ""

    return composer.act(request, issue_id, step, anchor=composer.AT_STORIES)


@access.require(EDITOR)
@require_POST
def remove_story(request: HttpRequest, issue_id: int, entry_id: int) -> HttpResponse:
    """Take a story out; it stays among the articles, so that this is undone by picking it again."""

    def step(found: Issue) -> str:
        entry = lookups.story(found, entry_id)
        services.remove_entry(entry, by=access.user(request).actor, now=clock())
        return ""

    return composer.act(request, issue_id, step, anchor=composer.AT_STORIES)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def story(request: HttpRequest, issue_id: int, entry_id: int) -> HttpResponse:
    """What a story says differently in this issue."""
    found, entry = lookups.entry(issue_id, entry_id)
    form = StoryForm(posts.data(request), issue=found, entry=entry)
    if form.is_valid() and form.accepts(lambda: _save_story(request, entry, form)):
        if not composer.tell_voided(request, found):
            messages.success(request, _("Saved."))
        return redirect("issue", issue_id)
    context = {"issue": found, "entry": entry, "form": form}
    return render(request, "issues/story.html", context, status=form.status)


def _save_story(request: HttpRequest, entry: Entry, form: StoryForm) -> None:
    wanted = form.wanted
    show_picture = wanted.get("show_picture")
    services.edit_entry(
        entry,
        by=access.user(request).actor,
        now=clock(),
        title=wanted["title"],
        standfirst=wanted["standfirst"],
        kicker=wanted["kicker"],
        picture_alt=wanted.get("picture_alt"),
        show_picture=None if show_picture is None else bool(show_picture),
        show=wanted["show"] or None,
        expected_version=form.expected_version,
    )
