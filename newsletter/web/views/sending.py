"""From a finished draft to mails on their way: preview, test, approval, time, release, progress."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter import pipeline
from newsletter.conf import config
from newsletter.delivery import progress as progress_of
from newsletter.delivery import search
from newsletter.delivery import services as sending
from newsletter.delivery.states import DeliveryState
from newsletter.errors import NotAllowed
from newsletter.issues import services, states
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.rendering import personalise
from newsletter.scheduling import services as scheduling
from newsletter.staff import access
from newsletter.staff.models import ADMIN, EDITOR
from newsletter.web import forms, framed, lookups, times, watching, words
from newsletter.web.forms import Form, clock

SAMPLE = personalise.values_for(name="", unsubscribe_url="#")
"""Nobody's values: previews show what a reader without a name gets."""


@access.require(EDITOR)
@require_GET
def preview(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The mail as it was saved: wide, narrow, and its text."""
    issue = lookups.issue(issue_id)
    context: dict[str, object] = {"issue": issue, "approval": lookups.approval(issue), "text": "", "problem": ""}
    if forms.done(request, lambda: context.update(rendered=lookups.rendered(issue, now=clock()))):
        rendered = context["rendered"]
        context["text"] = personalise.fill_text(rendered.text, SAMPLE)  # type: ignore[attr-defined]
    return render(request, "issues/preview.html", context)


@access.require(EDITOR)
@require_GET
def preview_frame(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The mail's HTML alone, for a frame."""
    rendered = lookups.rendered(lookups.issue(issue_id), now=clock())
    return framed.answer(personalise.fill_html(rendered.html, SAMPLE))


@access.require(EDITOR)
@require_POST
def send_test(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The issue to one address, marked as a test."""
    issue = lookups.issue(issue_id)
    to = request.POST.get("to", "").strip()

    def step() -> None:
        pipeline.test_mail(issue, to=to, now=clock())

    forms.done(request, step, _("A test goes to %(to)s.") % {"to": to})
    return redirect("issue", issue_id)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Shows exactly what would be sent, to whom and when, and takes the consent to it."""
    issue = lookups.issue(issue_id)
    if issue.state in states.RELEASED:
        return redirect("issue_progress", issue_id)
    now = clock()
    zone = services.zone_of(issue.publication.time_zone)
    slots = scheduling.next_slots(issue.publication, now=now)
    values = {"when": "slot" if slots else "later", "send_at": times.typed(issue.send_at, zone=zone), "digest": ""}
    form = Form(values=values)
    if request.method == "POST":
        form = form.posted(request)
        if form.accepted(lambda: _approve(request, issue, form, now=now)):
            forms.done(request, lambda: None, _("Approved."))
            return redirect("issue", issue_id)
    return _ask_approval(request, issue, form, slots=slots, now=now)


def _approve(request: HttpRequest, issue: Issue, form: Form, *, now: datetime) -> None:
    send_at = None
    if form.text("when") == "time":
        zone = services.zone_of(issue.publication.time_zone)
        send_at = times.parse(form.text("send_at"), zone=zone, field="send_at")
    # Consent is to what was on the page: an article may have changed since.
    if pipeline.preview(issue, now=now).digest != form.text("digest"):
        raise NotAllowed(_("The issue changed since this page was opened. Look at it again before you approve it."))
    pipeline.approve(issue, by=access.person(request).actor, now=now, send_at=send_at)


def _ask_approval(
    request: HttpRequest, issue: Issue, form: Form, *, slots: list[datetime], now: datetime
) -> HttpResponse:
    findings = lookups.findings(issue, now=now)
    blocked = any(finding.blocks for finding in findings)
    digest = "" if any(finding.code == "render" for finding in findings) else pipeline.preview(issue, now=now).digest
    by_another = issue.publication.second_person and issue.edited_by == access.person(request).actor
    context = {
        "issue": issue,
        "form": form,
        "findings": findings,
        "blocked": blocked,
        "by_another": by_another,
        "digest": digest,
        "slots": slots,
        "readers": lookups.readers(issue.publication),
        "edition": services.edition_of(issue, config=config(), now=now),
    }
    return render(request, "issues/approve.html", context, status=form.status)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Another time for what is approved already."""
    issue = lookups.issue(issue_id)
    zone = services.zone_of(issue.publication.time_zone)
    form = Form(values={"send_at": times.typed(issue.send_at, zone=zone)})
    if request.method == "POST":
        form = form.posted(request)
        if form.accepted(lambda: _schedule(request, issue, form)):
            forms.done(request, lambda: None, _("Scheduled."))
            return redirect("issue", issue_id)
    return render(request, "issues/schedule.html", {"issue": issue, "form": form}, status=form.status)


def _schedule(request: HttpRequest, issue: Issue, form: Form) -> None:
    zone = services.zone_of(issue.publication.time_zone)
    send_at = times.parse(form.text("send_at"), zone=zone, field="send_at")
    services.schedule(issue, by=access.person(request).actor, now=clock(), send_at=send_at)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, issue_id: int, name: str) -> HttpResponse:
    """One step of an issue; those that cannot be taken back ask once, on a page of their own."""
    issue = lookups.issue(issue_id)
    if request.method != "POST":
        if name not in ("release", "cancel"):
            return redirect("issue", issue_id)
        context = {"issue": issue, "name": name, "readers": lookups.readers(issue.publication)}
        return render(request, "issues/ask.html", {**context, "can": lookups.steps_of(issue)})
    by, now = access.person(request).actor, clock()
    steps = {
        "unschedule": lambda: services.unschedule(issue, by=by, now=now),
        "release": lambda: pipeline.release(issue_id, by=by, now=now),
        "pause": lambda: sending.pause(issue_id, by=by, now=now),
        "resume": lambda: sending.resume(issue_id, by=by, now=now),
        "cancel": lambda: _cancel(issue, by=by, now=now),
    }
    said = {
        "unschedule": _("The time is taken off. The issue stays approved."),
        "release": _("The issue is on its way."),
        "pause": _("Paused. Mails that the server holds already cannot be called back."),
        "resume": _("It goes on."),
        "cancel": _("Cancelled."),
    }
    forms.done(request, steps[name], said[name])
    return redirect("issue", issue_id)


def _cancel(issue: Issue, *, by: str, now: datetime) -> None:
    if issue.state in states.EDITABLE:
        services.move(issue.pk, IssueState.CANCELLED, by=by, now=now)
    else:
        sending.cancel(issue.pk, by=by, now=now)


@access.require(EDITOR, ADMIN)
@require_GET
def progress(request: HttpRequest, issue_id: int) -> HttpResponse:
    """What became of a released issue, in numbers that add up; asked again every few seconds while it runs."""
    issue = lookups.issue(issue_id)
    if issue.state not in states.RELEASED:
        return redirect("issue", issue_id)
    now = clock()
    far = progress_of.look(issue_id, now=now)
    counts = {state: far.now.counts[state] if far else 0 for state in DeliveryState}
    context = {
        "issue": issue,
        "far": far,
        "counts": counts,
        "rows": [(state, word, counts[DeliveryState(state)]) for state, word in words.DELIVERY.items()],
        "excluded": [(words.excluded(reason), n) for reason, n in sorted(far.excluded.items())] if far else [],
        "running": issue.state in {IssueState.FREEZING, IssueState.SENDING},
        "word": watching.word(issue, now=now, far=far),
        "words": words.DELIVERY,
        "can": lookups.steps_of(issue),
        "approval": lookups.approval(issue),
        "not_taken": sum(counts[state] for state in search.NOT_TAKEN),
        "live": watching.live(issue, far, now=now) if far else None,
    }
    name = "issues/progress_part.html" if request.htmx else "issues/progress.html"  # type: ignore[attr-defined]
    return render(request, name, context)
