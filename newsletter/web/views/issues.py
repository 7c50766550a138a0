"""The issues: their list, and the composer in which one is put together."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter import pipeline
from newsletter.articles import queries as articles
from newsletter.issues import queries, services, states
from newsletter.issues.models import Entry, Issue
from newsletter.staff import access
from newsletter.staff.models import EDITOR
from newsletter.web import forms, lookups, watching, words
from newsletter.web.forms import Form, clock

PAGE = 25
PICKED_FROM = 30
"""Articles shown to pick from; the search finds the others."""


@access.require(EDITOR)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All issues, newest first, and the way to a new one."""
    page = Paginator(queries.issues_of(), PAGE).get_page(request.GET.get("page"))
    now = clock()
    rows = [(issue, watching.word(issue, now=now)) for issue in page.object_list]
    context = {"page": page, "rows": rows, "publications": list(queries.publications())}
    return render(request, "issues/index.html", context)


@access.require(EDITOR)
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """A new draft of a newsletter: with the suggested stories, or empty."""
    made: list[Issue] = []

    def step() -> None:
        publication = lookups.publication(forms.word(request, "publication"))
        by, now = access.person(request).actor, clock()
        if request.POST.get("how") == "empty":
            made.append(services.create_issue(publication=publication, by=by, now=now))
        else:
            made.append(pipeline.assemble(publication=publication, by=by, now=now))

    if not forms.done(request, step):
        return redirect("issues")
    return redirect("issue", made[0].pk)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The composer of an issue that may be edited; what became of it once it is released."""
    found = lookups.issue(issue_id)
    if found.state in states.RELEASED:
        return redirect("issue_progress", issue_id)
    form = Form(
        values={"subject": found.subject, "preheader": found.preheader, "introduction": found.introduction}
        | {"version": found.version}
    )
    if request.method == "POST":
        form = form.posted(request)
        if form.accepted(lambda: _save_words(request, found, form)):
            return _after_edit(request, found, _("Saved."))
    return _compose(request, found, form)


def _save_words(request: HttpRequest, issue: Issue, form: Form) -> None:
    services.edit_issue(
        issue,
        by=access.person(request).actor,
        now=clock(),
        subject=form.text("subject"),
        preheader=form.text("preheader"),
        introduction=form.text("introduction"),
        expected_version=form.number("version"),
    )


def _compose(request: HttpRequest, issue: Issue, form: Form) -> HttpResponse:
    now = clock()
    search = request.GET.get("search", "").replace("\x00", "").strip()[:200]
    entries = list(queries.entries_of(issue))
    inside = {entry.article_id for entry in entries}
    picks = [article for article in articles.newest(limit=PICKED_FROM, search=search) if article.pk not in inside]
    # What the newsletter's readers can read comes first.
    language = issue.publication.language.split("-")[0]
    picks.sort(key=lambda article: article.language.split("-")[0] != language)
    context = {
        "issue": issue,
        "form": form,
        "entries": entries,
        "picks": picks,
        "search": search,
        "findings": lookups.findings(issue, now=now),
        "changes": lookups.changes(issue, now=now),
        "approval": lookups.approval(issue),
        "word": words.ISSUE[issue.state],
        "can": lookups.steps_of(issue),
    }
    return render(request, "issues/compose.html", context, status=form.status)


def _after_edit(request: HttpRequest, before: Issue, said: str) -> HttpResponse:
    """Back to the composer, saying also when the edit took an approval away."""
    if before.state != states.IssueState.DRAFT:
        fresh = lookups.issue(before.pk)
        if fresh.state == states.IssueState.DRAFT:
            said = _("Saved. The issue was approved before; it has to be approved again.")
    forms.done(request, lambda: None, said)
    return redirect("issue", before.pk)


@access.require(EDITOR)
@require_POST
def add_story(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Put picked articles at the end of the issue."""
    found = lookups.issue(issue_id)

    def step() -> None:
        for raw in request.POST.getlist("article"):
            article = lookups.article(raw)
            services.add_entry(found, article, by=access.person(request).actor, now=clock())

    return _after_edit(request, found, "") if forms.done(request, step) else redirect("issue", issue_id)


@access.require(EDITOR)
@require_POST
def move_story(request: HttpRequest, issue_id: int, entry_id: int) -> HttpResponse:
    """One place up or down, or to the top."""
    found, entry = lookups.entry(issue_id, entry_id)
    steps = {"up": entry.position - 1, "down": entry.position + 1, "top": 1}
    to = steps.get(request.POST.get("to", ""), entry.position)

    def step() -> None:
        services.move_entry(entry, to=to, by=access.person(request).actor, now=clock())

    return _after_edit(request, found, "") if forms.done(request, step) else redirect("issue", issue_id)


@access.require(EDITOR)
@require_POST
def remove_story(request: HttpRequest, issue_id: int, entry_id: int) -> HttpResponse:
    """Take a story out; it stays among the articles, so that this is undone by picking it again."""
    found, entry = lookups.entry(issue_id, entry_id)

    def step() -> None:
        services.remove_entry(entry, by=access.person(request).actor, now=clock())

    return _after_edit(request, found, "") if forms.done(request, step) else redirect("issue", issue_id)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def story(request: HttpRequest, issue_id: int, entry_id: int) -> HttpResponse:
    """What a story says differently in this issue."""
    found, entry = lookups.entry(issue_id, entry_id)
    values = {name: getattr(entry, name) for name in ("title", "standfirst", "kicker", "picture_alt", "show")}
    form = Form(values={**values, "show_picture": entry.show_picture, "version": found.version})
    if request.method == "POST":
        form = form.posted(request)
        if form.accepted(lambda: _save_story(request, entry, form)):
            return _after_edit(request, found, _("Saved."))
    context = {"issue": found, "entry": entry, "form": form}
    return render(request, "issues/story.html", context, status=form.status)


def _save_story(request: HttpRequest, entry: Entry, form: Form) -> None:
    services.edit_entry(
        entry,
        by=access.person(request).actor,
        now=clock(),
        title=form.text("title"),
        standfirst=form.text("standfirst"),
        kicker=form.text("kicker"),
        picture_alt=form.text("picture_alt") if entry.article.picture_id else None,
        show_picture=bool(form.text("show_picture")) if entry.article.picture_id else None,
        show=form.text("show"),
        expected_version=form.number("version"),
    )
