"""Consent to the mail that is on the page, and to its time."""

from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
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
from newsletter.web import lookups, mails, posts, times
from newsletter.web.forms.times import ApprovalForm, ScheduleForm
from newsletter.web.posts import clock


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Shows exactly the mail that would be sent, to whom and when, and takes the consent to it."""
    issue = lookups.issue(issue_id)
    if issue.state in states.RELEASED:
        return redirect("issue_progress", issue_id)
    now = clock()
    if request.method != "POST":
        return _ask_approval(request, issue, _opened(request, issue, now=now), now=now)
    form = ApprovalForm(request.POST, issue=issue, now=now)
    if "show" in request.POST:
        return _show_for(issue, form)
    if form.is_valid() and form.accepts(lambda: _approve(request, issue, form, now=now)):
        if not form.is_now:  # The page of its sending says by itself what is going on.
            said = lookups.plan(lookups.issue(issue_id), now=now)
            messages.success(request, _("Approved.") + " " + said)
        return redirect("issue", issue_id)
    return _ask_approval(request, lookups.issue(issue_id), form, now=now)


def _opened(request: HttpRequest, issue: Issue, *, now: datetime) -> ApprovalForm:
    """The choice that the page opens with: what its address says, else the time approved last or the next slot."""
    zone = services.zone_of(issue.publication.time_zone)
    own = _approved_for(issue, now=now)
    without = "slot" if scheduling.next_slot(issue, now=now) else "later"
    when = request.GET.get("when", ApprovalForm.AT_A_TIME if own else without)[:10]
    send_at = posts.clean(request.GET.get("send_at", times.typed(own, zone=zone)))
    return ApprovalForm({"when": when, "send_at": send_at, "typed": send_at.strip()}, issue=issue, now=now)


def _approved_for(issue: Issue, *, now: datetime) -> datetime | None:
    """The time that the issue has, or had when it was approved last: a change ends an approval, not a plan."""
    last = queries.last_approval(issue)
    send_at = issue.send_at or (last.send_at if last else None)
    return send_at if send_at and send_at > now else None


def _show_for(issue: Issue, form: ApprovalForm) -> HttpResponse:
    """To the page of the chosen time: an address of its own, so that reloading it is harmless."""
    query = {name: form.posted(name) for name in ("when", "send_at")}
    return redirect(f"{reverse('issue_approve', args=[issue.pk])}?{urlencode(query)}")


def _approve(request: HttpRequest, issue: Issue, form: ApprovalForm, *, now: datetime) -> None:
    """Raises UserError; for a mail that is another only because another time was chosen, beside "shown"."""
    send_at, is_anew = form.moment, form.time_name != form.posted("shown")
    by, seen = access.user(request).actor, form.posted("digest") or "none"
    looked_at = posts.number(request, "approval")
    if form.is_now:
        if is_anew and _is_only_dated_otherwise(issue, form, send_at=now, now=now):
            raise InvalidInput(
                _("This is the mail as it goes out now. Once sent, it cannot be recalled. Look at it, then approve."),
                field="shown",
            )
        pipeline.approve_and_release(issue, by=by, now=now, seen=seen, looked_at=looked_at)
        return
    if send_at is None and form.posted("slot") != _slot(issue, now=now):
        raise services.ChangedMeanwhile(
            _("The next scheduled time of this newsletter has changed. Nothing was approved.")
        )
    try:
        pipeline.approve(issue, by=by, now=now, send_at=send_at, seen=seen, looked_at=looked_at)
    except services.MailChanged as error:
        if is_anew and _is_only_dated_otherwise(issue, form, send_at=send_at, now=now):
            raise InvalidInput(_("This is the mail for that time. Look at it, then approve."), field="shown") from error
        raise


def _is_only_dated_otherwise(issue: Issue, form: ApprovalForm, *, send_at: datetime | None, now: datetime) -> bool:
    """Whether nothing but the time makes the mail another than was looked at."""
    current = pipeline.propose(issue, now=now, send_at=send_at).note
    return services.is_only_dated_otherwise(form.posted("note"), current)


def _slot(issue: Issue, *, now: datetime) -> str:
    slot = scheduling.next_slot(issue, now=now)
    return slot.isoformat() if slot else ""


def _ask_approval(request: HttpRequest, issue: Issue, form: ApprovalForm, *, now: datetime) -> HttpResponse:
    """The page, made of a single rendering for the chosen time, whose digest it carries."""
    form.is_valid()  # A time that cannot be is said beside its field; the mail is then shown as without it.
    send_at = form.moment
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
        "shown": form.time_name,
        "consent": consent,
        "mail": _proposed(issue, consent, form) if consent else None,
        "differences": [] if form.has_error("shown") else _differences(form, consent),
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


def _proposed(issue: Issue, consent: services.Consent, form: ApprovalForm) -> mails.Mail:
    when = form.posted("when") if form.moment else ""
    send_at = form.posted("send_at") if when == ApprovalForm.AT_A_TIME else ""
    query = {"seen": consent.seen, "when": when, "send_at": send_at}
    frame = f"{reverse('issue_approve_frame', args=[issue.pk])}?{urlencode(query)}"
    return mails.of(
        lookups.mail_of(consent),
        sender=str(consent.sender["name"]),
        preheader=consent.edition.preheader,
        frame=frame,
    )


def _differences(form: ApprovalForm, consent: services.Consent | None) -> list[Translatable]:
    """What is not as it was on the page that was sent back."""
    if consent is None or not form.posted("note"):
        return []
    return services.differences(form.posted("note"), consent.note, edition=consent.edition)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Another time for what is approved already. On another day the mail bears another date, so it is shown again."""
    issue, now = lookups.issue(issue_id), clock()
    form = ScheduleForm(posts.data(request), issue=issue)
    if form.is_valid():
        send_at, looked_at = form.cleaned_data["send_at"], posts.number(request, "approval")
        by = access.user(request).actor
        try:
            services.schedule(issue, by=by, now=now, send_at=send_at, looked_at=looked_at)
        except services.AnotherDay:
            return _to_approval_for(request, issue, send_at)
        except UserError as error:
            form.refuse(error)
        else:
            messages.success(request, lookups.plan(lookups.issue(issue_id), now=now))
            return redirect("issue", issue_id)
    context: dict[str, object] = {"issue": issue, "form": form, "mail": None, "approval": lookups.approval(issue)}
    context["by_another"] = lookups.by_another(request, issue)
    posts.done(request, lambda: context.update(mail=mails.saved(issue, lookups.rendered(issue, now=now))))
    return render(request, "issues/schedule.html", context, status=form.status)


def _to_approval_for(request: HttpRequest, issue: Issue, send_at: datetime) -> HttpResponse:
    """To the page where the mail of another day is approved."""
    said = _("The mail shows its date, so for another day it has to be approved again. This is the mail for that day.")
    messages.success(request, said)
    typed = times.typed(send_at, zone=services.zone_of(issue.publication.time_zone))
    query = urlencode({"when": ApprovalForm.AT_A_TIME, "send_at": typed})
    return redirect(f"{reverse('issue_approve', args=[issue.pk])}?{query}")


@access.require(EDITOR)
@require_GET
def approve_frame(request: HttpRequest, issue_id: int) -> HttpResponse:
    """The mail of an approval page: the mail that it asks about, or word that it changed since."""
    issue, now = lookups.issue(issue_id), clock()
    send_at = request.GET.get("send_at", "").strip()
    form = ApprovalForm(
        {"when": request.GET.get("when", ""), "send_at": send_at, "typed": send_at}, issue=issue, now=now
    )
    if not form.is_valid():
        return mails.refused(" ".join(str(text) for texts in form.errors.values() for text in texts))
    try:
        consent = pipeline.propose(issue, now=now, send_at=form.moment)
    except UserError as error:
        return mails.refused(error_text(error))
    return mails.answer(lookups.mail_of(consent), is_same=request.GET.get("seen") == consent.seen)
