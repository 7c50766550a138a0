"""From a finished draft to mails on their way: preview, test, approval, time, release, progress."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter import pipeline
from newsletter.delivery.control import release_actions as sending
from newsletter.delivery.progress import recipient_search
from newsletter.delivery.progress import samples as progress_of
from newsletter.delivery.states import DeliveryState
from newsletter.errors import UserError
from newsletter.issues import services, states
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.staff import access
from newsletter.staff.models import ADMIN, EDITOR
from newsletter.translation import error_text
from newsletter.web import composer, lookups, mails, posts, watching, words
from newsletter.web.posts import clock


@access.require(EDITOR)
@require_GET
def preview(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The mail as it was saved or approved: wide, narrow, and its text; and the way to approve it."""
    issue = lookups.issue(issue_id)
    context: dict[str, object] = {"issue": issue, "approval": lookups.approval(issue), "mail": None}
    posts.done(request, lambda: context.update(mail=mails.saved(issue, lookups.rendered(issue, now=clock()))))
    return render(request, "issues/preview.html", {**context, "can": lookups.steps_of(issue, request)})


@access.require(EDITOR)
@require_GET
def preview_frame(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The mail's HTML alone, for a frame: only that of the digest which the page names, if it names any."""
    try:
        rendered = lookups.rendered(lookups.issue(issue_id), now=clock())
    except UserError as error:
        return mails.refused(error_text(error))
    return mails.answer(rendered, is_same=request.GET.get("seen", rendered.digest) == rendered.digest)


@access.require(EDITOR)
@require_POST
def send_test(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The issue, as it was saved with this very button, to one address, marked as a test."""
    to = request.POST.get("test_to", "").strip()

    def step(issue: Issue) -> str:
        pipeline.test_mail(issue, to=to, now=clock())
        return _("A test goes to %(to)s.") % {"to": to}

    return composer.act(request, issue_id, step)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, issue_id: int, name: str) -> HttpResponse:
    """One step of an issue; those that cannot be taken back ask once, on a page of their own."""
    issue = lookups.issue(issue_id)
    by, now = access.user(request).actor, clock()
    if request.method != "POST":
        if name not in ("release", "cancel"):
            return redirect("issue", issue_id)
        context: dict[str, object] = {"issue": issue, "name": name, "readers": lookups.readers(issue.publication)}
        changes = lookups.changes(issue, now=now, goes_out=now) if name == "release" else []
        context |= {"changes": changes, "can": lookups.steps_of(issue, request), "approval": lookups.approval(issue)}
        return render(request, "issues/ask.html", context)
    if name == "unschedule":
        looked_at = posts.number(request, "approval")
        return composer.act(request, issue_id, lambda found: _unschedule(found, by=by, now=now, looked_at=looked_at))
    steps = {
        "release": lambda: pipeline.release(issue_id, by=by, now=now, looked_at=posts.number(request, "approval")),
        "pause": lambda: sending.pause(issue_id, by=by, now=now),
        "resume": lambda: sending.resume(issue_id, by=by, now=now),
        "cancel": lambda: _cancel(issue, by=by, now=now),
    }
    # The page that follows says the rest, and what became of it.
    said = {
        "pause": _("Paused. Mails that the server already has cannot be recalled."),
        "cancel": _("Cancelled."),
    }
    posts.done(request, steps[name], said.get(name, ""))
    return redirect("issue", issue_id)


def _unschedule(issue: Issue, *, by: str, now: datetime, looked_at: int | None) -> str:
    if issue.state == IssueState.DRAFT:  # The words saved with this very button took the approval and its time away.
        return ""
    services.unschedule(issue, by=by, now=now, looked_at=looked_at)
    follows = _("The issue stays approved and follows the newsletter’s schedule.")
    said = follows if issue.publication.cadence else _("The time was removed. The issue stays approved.")
    return f"{said} {lookups.plan(lookups.issue(issue.pk), now=now)}"


def _cancel(issue: Issue, *, by: str, now: datetime) -> None:
    if issue.state in states.EDITABLE:
        services.move(issue.pk, IssueState.CANCELLED, by=by, now=now)
    else:
        sending.cancel(issue.pk, by=by, now=now)


@access.require(EDITOR, ADMIN)
@require_GET
def progress(request: HttpRequest, issue_id: int) -> HttpResponse:
    """What became of a released issue, in numbers that add up; asked again every few seconds until they stand still."""
    issue = lookups.issue(issue_id)
    if issue.state not in states.RELEASED:
        return redirect("issue", issue_id)
    now = clock()
    quiet = watching.is_quiet(issue)
    replies = watching.replies(issue)
    far = progress_of.look(issue_id, now=now)
    counts = {state: far.now.counts[state] if far else 0 for state in DeliveryState}
    context = {
        "issue": issue,
        "far": far,
        "unsent": watching.is_unsent(issue, far),
        "counts": counts,
        "rows": [(state, word, counts[DeliveryState(state)]) for state, word in words.DELIVERY.items()],
        "excluded": [(words.excluded(reason), n) for reason, n in sorted(far.excluded.items())] if far else [],
        "running": issue.state in {IssueState.FREEZING, IssueState.SENDING},
        "asks": not quiet,
        "word": watching.word(issue, now=now, far=far),
        "words": words.DELIVERY,
        "unsent_words": words.unsent,
        "can": lookups.steps_of(issue, request),
        "approval": lookups.approval(issue),
        "not_taken": sum(counts[state] for state in recipient_search.NOT_TAKEN),
        "live": watching.live(issue, far, replies=replies, now=now) if far else None,
    }
    name = "issues/progress_part.html" if request.htmx else "issues/progress.html"  # type: ignore[attr-defined]
    return render(request, name, context)
