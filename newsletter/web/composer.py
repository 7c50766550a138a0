"""The composer is one form: whatever button of it is pressed, what was typed is saved first."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from newsletter.articles import queries as articles
from newsletter.articles.models import Article
from newsletter.issues import queries, services, states
from newsletter.issues.models import Entry, Issue
from newsletter.issues.states import IssueState
from newsletter.staff import access
from newsletter.web import lookups, posts, words
from newsletter.web.forms.issues import WordsForm
from newsletter.web.posts import clock

PICKED_FROM = 30
"""Articles shown to pick from; the search finds the others."""
MOST_TICKED = 60
AT_STORIES = "stories"
"""The part of the page where its buttons' messages are said."""
ALL = "all"
"""The button that ends a search."""


def act(request: HttpRequest, issue_id: int, step: Callable[[Issue], str], *, anchor: str = "") -> HttpResponse:
    """Save what was typed, take the step, and show the whole composer as it is then.

    When the words cannot be saved, the step is not taken and the page says why. ``step`` returns what to say.
    """
    before = lookups.issue(issue_id)
    refused = save(request, before)
    if refused is not None:
        return refused
    said: list[str] = []
    if posts.done(request, lambda: said.append(step(lookups.issue(issue_id)))) and said[0]:
        messages.success(request, said[0])
    tell_voided(request, before)
    return redirect(address(request, issue_id, anchor=anchor))


def save(request: HttpRequest, issue: Issue) -> HttpResponse | None:
    """Save the words of the composer's form, where it sent any; the page that says why not, if they were refused."""
    _keep_ticks(request, issue)
    if "version" not in request.POST:
        return None
    form = WordsForm(request.POST, issue=issue)
    if issue.state not in states.EDITABLE:
        return _too_late(request, issue, form)
    if form.is_valid() and form.accepts(lambda: _save(request, issue, form)):
        return None
    return page(request, lookups.issue(issue.pk), form)


def _too_late(request: HttpRequest, issue: Issue, form: WordsForm) -> HttpResponse | None:
    """What was typed for an issue that went out, or was cancelled, meanwhile: on a page, to be copied from."""
    typed = {name: text for name, text in form.wanted.items() if text}
    if not typed:
        return None
    return render(request, "issues/too_late.html", {"issue": issue, "typed": typed}, status=409)


def _save(request: HttpRequest, issue: Issue, form: WordsForm) -> None:
    services.edit_issue(
        issue,
        by=access.user(request).actor,
        now=clock(),
        subject=form.wanted["subject"],
        preheader=form.wanted["preheader"],
        introduction=form.wanted["introduction"],
        expected_version=form.expected_version,
    )


def tell_voided(request: HttpRequest, before: Issue) -> bool:
    """Say it when an approval is gone; True when it is."""
    if before.state == IssueState.DRAFT or lookups.issue(before.pk).state != IssueState.DRAFT:
        return False
    messages.warning(
        request, _("This issue was approved. You changed it, so it is a draft and has to be approved again.")
    )
    return True


def address(request: HttpRequest, issue_id: int, *, anchor: str = "") -> str:
    """The composer's address, with the search that was typed; what is to be said is said at the anchor."""
    search = _search(request)
    asked = {**({"search": search} if search else {}), **({"at": AT_STORIES} if anchor == AT_STORIES else {})}
    query = f"?{urlencode(asked)}" if asked else ""
    return f"{reverse('issue', args=[issue_id])}{query}{'#' + anchor if anchor else ''}"


def page(request: HttpRequest, issue: Issue, form: WordsForm) -> HttpResponse:
    """The whole composer: it is never swapped in parts, so that no part can be older than another."""
    now = clock()
    entries = list(queries.entries_of(issue))
    picks, chosen = _picks(request, issue, entries), ticked(request, issue.pk)
    context = {
        "issue": issue,
        "form": form,
        "entries": entries,
        "picked": [article for article in picks if article.pk in chosen],
        "picks": [article for article in picks if article.pk not in chosen],
        "at": request.GET.get("at", ""),
        "by_another": lookups.by_another(request, issue),
        "search": _search(request),
        "findings": lookups.findings(issue, now=now),
        "changes": lookups.changes(issue, now=now),
        "approval": lookups.approval(issue),
        "goes_out": lookups.goes_out(issue, now=now),
        "word": words.ISSUE[issue.state],
        "can": lookups.steps_of(issue, request),
    }
    answer = render(request, "issues/compose.html", context, status=form.status)
    # Going back must not show a state that is over.
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _picks(request: HttpRequest, issue: Issue, entries: list[Entry]) -> list[Article]:
    """Articles to pick from, those in the newsletter's language first; and those that are ticked, found or not."""
    inside = {entry.article_id for entry in entries}
    chosen = ticked(request, issue.pk)
    found = {article.pk: article for article in articles.newest(limit=PICKED_FROM, search=_search(request))}
    missing = articles.listed().select_related("source").filter(pk__in=[pk for pk in chosen if pk not in found])
    found |= {article.pk: article for article in missing}
    language = issue.publication.language.split("-")[0]
    picks = [article for article in found.values() if article.pk not in inside]
    picks.sort(key=lambda article: article.language.split("-")[0] != language)
    return picks


def _search(request: HttpRequest) -> str:
    if request.POST.get("find") == ALL:
        return ""
    raw = request.POST.get("search", request.GET.get("search", ""))
    return raw.replace("\x00", "").strip()[: articles.LONGEST_SEARCH]


def ticked(request: HttpRequest, issue_id: int) -> list[int]:
    """Articles that were ticked and not added yet: they outlive a search and every other button."""
    kept = request.session.get(_key(issue_id), [])
    return [int(pk) for pk in kept] if isinstance(kept, list) else []


def _keep_ticks(request: HttpRequest, issue: Issue) -> None:
    if "picks" not in request.POST:
        return
    raw = request.POST.getlist("article")
    keep_ticks(request, issue.pk, [int(pk) for pk in raw if pk.isascii() and pk.isdigit() and len(pk) < 19])


def keep_ticks(request: HttpRequest, issue_id: int, chosen: list[int]) -> None:
    """Remember the ticks; none forgets them."""
    chosen = list(dict.fromkeys(chosen))[:MOST_TICKED]
    if chosen == ticked(request, issue_id):
        return
    if chosen:
        request.session[_key(issue_id)] = chosen
    else:
        request.session.pop(_key(issue_id), None)


def _key(issue_id: int) -> str:
    return f"ticked-{issue_id}"
