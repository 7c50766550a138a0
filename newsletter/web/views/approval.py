"""Consent to the mail that is on the page, and to its time."""

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from newsletter import pipeline
from newsletter.errors import InvalidInput, UserError
from newsletter.issues import queries, services, states
from newsletter.issues.models import Issue
from newsletter.rendering.results import Finding
from newsletter.scheduling import services as scheduling
from newsletter.staff import access
from newsletter.staff.models import EDITOR
from newsletter.translatable import Translatable
from newsletter.translation import error_text
from newsletter.web import forms, lookups, mails, times
from newsletter.web.forms import Form, clock

NOW = "now"
"""The choice to send as soon as it is approved."""


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Shows exactly the mail that would be sent, to whom and when, and takes the consent to it."""
    issue = lookups.issue(issue_id)
    if issue.state in states.RELEASED:
        return redirect("issue_progress", issue_id)
    now = clock()
    form = _asked(request, issue, now=now)
    if request.method == "POST":
        form = form.posted(request)
        if "show" in request.POST:
            return _show_for(issue, form)
        if form.accepted(lambda: _approve(request, issue, form, now=now)):
            if form.text("when") != NOW:  # The page of its sending says by itself what is going on.
                said = lookups.plan(lookups.issue(issue_id), now=now)
                forms.done(request, lambda: None, _("Approved.") + " " + said)
            return redirect("issue", issue_id)
    return _ask_approval(request, issue_id, form, now=now)


def _asked(request: HttpRequest, issue: Issue, *, now: datetime) -> Form:
    """The choice that the page opens with: what its address says, else the time approved last or the next slot."""
    zone = services.zone_of(issue.publication.time_zone)
    own = _approved_for(issue, now=now)
    without = "slot" if scheduling.next_slot(issue, now=now) else "later"
    when = request.GET.get("when", "time" if own else without)[:10]
    send_at = forms.clean(request.GET.get("send_at", times.typed(own, zone=zone)))
    hidden = ("typed", "slot", "digest", "note", "approval", "shown")
    return Form(values={"when": when, "send_at": send_at, **dict.fromkeys(hidden, "")})


def _approved_for(issue: Issue, *, now: datetime) -> datetime | None:
    """The time that the issue has, or had when it was approved last: a change ends an approval, not a plan."""
    last = queries.last_approval(issue)
    send_at = issue.send_at or (last.send_at if last else None)
    return send_at if send_at and send_at > now else None


def _show_for(issue: Issue, form: Form) -> HttpResponse:
    """To the page of the chosen time: an address of its own, so that reloading it is harmless."""
    _choose(form)
    query = {name: form.text(name) for name in ("when", "send_at")}
    return redirect(f"{reverse('issue_approve', args=[issue.pk])}?{urlencode(query)}")


def _choose(form: Form) -> None:
    """Whoever typed another time than the page showed has chosen it, whichever button is set."""
    typed = form.text("send_at").strip()
    if typed and typed != form.text("typed"):
        form.values = {**form.values, "when": "time"}


def _chosen(issue: Issue, form: Form, *, now: datetime) -> datetime | None:
    """The chosen time; None for the next slot, or by hand. Raises InvalidInput, also for a time that has passed."""
    if form.text("when") == NOW:
        return now
    if form.text("when") != "time":
        return None
    zone = services.zone_of(issue.publication.time_zone)
    send_at = times.parse(form.text("send_at"), zone=zone, field="send_at")
    services.check_time(send_at, now=now)
    return send_at


def _named(form: Form, send_at: datetime | None) -> str:
    """The chosen time, as a page names the one that its mail is shown for."""
    return NOW if form.text("when") == NOW else send_at.isoformat() if send_at else ""


def _approve(request: HttpRequest, issue: Issue, form: Form, *, now: datetime) -> None:
    """Raises UserError; for a mail that is another one only because another time was chosen, beside "shown"."""
    _choose(form)
    send_at = _chosen(issue, form, now=now)
    anew = _named(form, send_at) != form.text("shown")
    by, seen = access.person(request).actor, form.text("digest") or "none"
    looked_at = forms.number(request, "approval")
    if form.text("when") == NOW:
        if anew and _is_only_dated_otherwise(issue, form, send_at=now, now=now):
            raise InvalidInput(
                _("This is the mail as it goes out now. Once sent, it cannot be recalled. Look at it, then approve."),
                field="shown",
            )
        pipeline.approve_and_release(issue, by=by, now=now, seen=seen, looked_at=looked_at)
        return
    if send_at is None and form.text("slot") != _slot(issue, now=now):
        raise services.ChangedMeanwhile(
            _("The next scheduled time of this newsletter has changed. Nothing was approved.")
        )
    try:
        pipeline.approve(issue, by=by, now=now, send_at=send_at, seen=seen, looked_at=looked_at)
    except services.MailChanged as error:
        if anew and _is_only_dated_otherwise(issue, form, send_at=send_at, now=now):
            raise InvalidInput(_("This is the mail for that time. Look at it, then approve."), field="shown") from error
        raise


def _is_only_dated_otherwise(issue: Issue, form: Form, *, send_at: datetime | None, now: datetime) -> bool:
    """Whether nothing but the time makes the mail another one than was looked at."""
    current = pipeline.propose(issue, now=now, send_at=send_at).note
    return services.is_only_dated_otherwise(form.text("note"), current)


def _slot(issue: Issue, *, now: datetime) -> str:
    slot = scheduling.next_slot(issue, now=now)
    return slot.isoformat() if slot else ""


def _ask_approval(request: HttpRequest, issue_id: int, form: Form, *, now: datetime) -> HttpResponse:
    """The page, made of one rendering for the chosen time, whose digest it carries."""
    issue = lookups.issue(issue_id)
    chosen: list[datetime | None] = []
    # A time that cannot be is said beside its field; the mail is then shown as without it.
    form.accepted(lambda: chosen.append(_chosen(issue, form, now=now)))
    send_at = chosen[0] if chosen else None
    consent: services.Consent | None = None
    try:
        consent = pipeline.propose(issue, now=now, send_at=send_at)
        findings = list(consent.findings)
    except UserError as error:
        findings = [Finding(code="render", blocks=True, text=error_text(error))]
    slot, earlier = scheduling.next_slot(issue, now=now), _approved_for(issue, now=now)
    approval = lookups.approval(issue)
    context = {
        "issue": issue,
        "form": form,
        "findings": findings,
        "blocked": any(finding.blocks for finding in findings),
        "by_another": lookups.by_another(request, issue),
        "approval": approval,
        "plan": lookups.plan(issue, now=now) if approval else "",
        "earlier": times.sentence(earlier, issue.publication.time_zone) if earlier and not approval else "",
        "shown": _named(form, send_at),
        "consent": consent,
        "mail": _proposed(issue, consent, form, timed=send_at is not None) if consent else None,
        "differences": _differences(form, consent) if "shown" not in form.errors else [],
        "slot": slot,
        "slot_value": slot.isoformat() if slot else "",
        "slot_words": times.sentence(slot, issue.publication.time_zone) if slot else "",
        "at_words": times.sentence(send_at, issue.publication.time_zone) if send_at and send_at != now else "",
        "at_once": send_at == now,
        "readers": lookups.readers(issue.publication),
    }
    # A time that cannot be is no error of who only looks: htmx swaps nothing else in.
    status = form.status if request.method == "POST" else 200
    answer = render(request, "issues/approve.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _proposed(issue: Issue, consent: services.Consent, form: Form, *, timed: bool) -> mails.Mail:
    when = form.text("when") if timed else ""
    query = {"seen": consent.seen, "when": when, "send_at": form.text("send_at") if when == "time" else ""}
    frame = f"{reverse('issue_approve_frame', args=[issue.pk])}?{urlencode(query)}"
    return mails.of(
        lookups.mail_of(consent),
        sender=str(consent.sender["name"]),
        preheader=consent.edition.preheader,
        frame=frame,
    )


def _differences(form: Form, consent: services.Consent | None) -> list[Translatable]:
    """What is not as it was on the page that was sent back."""
    if consent is None or not form.text("note"):
        return []
    return services.differences(form.text("note"), consent.note, edition=consent.edition)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Another time for what is approved already. On another day the mail bears another date, so it is shown again."""
    issue = lookups.issue(issue_id)
    zone, now = services.zone_of(issue.publication.time_zone), clock()
    form = Form(values={"send_at": times.typed(issue.send_at, zone=zone)})
    if request.method == "POST":
        form = form.posted(request)
        anew: list[str] = []
        if form.accepted(lambda: anew.append(_schedule(request, issue, form, now=now))):
            if anew[0]:
                return redirect(anew[0])
            said = lookups.plan(lookups.issue(issue_id), now=now)
            forms.done(request, lambda: None, said)
            return redirect("issue", issue_id)
    context: dict[str, object] = {"issue": issue, "form": form, "mail": None, "approval": lookups.approval(issue)}
    context["by_another"] = lookups.by_another(request, issue)
    forms.done(request, lambda: context.update(mail=mails.saved(issue, lookups.rendered(issue, now=now))))
    return render(request, "issues/schedule.html", context, status=form.status)


def _schedule(request: HttpRequest, issue: Issue, form: Form, *, now: datetime) -> str:
    """Set the time, or give the address of the page where the mail of that day is approved."""
    zone = services.zone_of(issue.publication.time_zone)
    send_at = times.parse(form.text("send_at"), zone=zone, field="send_at")
    by, looked_at = access.person(request).actor, forms.number(request, "approval")
    try:
        services.schedule(issue, by=by, now=now, send_at=send_at, looked_at=looked_at)
    except services.AnotherDay:
        forms.done(
            request,
            lambda: None,
            _(
                "The mail shows its date, so for another day it has to be approved again. This is the mail for "
                "that day."
            ),
        )
        query = urlencode({"when": "time", "send_at": times.typed(send_at, zone=zone)})
        return f"{reverse('issue_approve', args=[issue.pk])}?{query}"
    return ""


@access.require(EDITOR)
@require_GET
def approve_frame(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The mail of an approval page: the very one that it asks about, or word that it changed since."""
    issue, now = lookups.issue(issue_id), clock()
    form = Form(values={"when": request.GET.get("when", ""), "send_at": request.GET.get("send_at", "")})
    try:
        consent = pipeline.propose(issue, now=now, send_at=_chosen(issue, form, now=now))
    except UserError as error:
        return mails.refused(error)
    return mails.answer(lookups.mail_of(consent), is_same=request.GET.get("seen") == consent.seen)
