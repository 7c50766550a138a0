"""What a person decides about those who did not get an issue: send again, leave it, how long to try."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from newsletter.delivery.control import release_actions as sending
from newsletter.delivery.control import resend as resending
from newsletter.delivery.replies.classification import Kind
from newsletter.delivery.states import DeliveryState
from newsletter.errors import InvalidInput
from newsletter.issues import states
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.staff import access
from newsletter.staff.models import EDITOR
from newsletter.translation import number
from newsletter.web import lookups, posts, words
from newsletter.web.forms.issues import CareForm, ResendForm
from newsletter.web.posts import clock

HOUR = timedelta(hours=1)
UNTICKED = frozenset({Kind.RECIPIENT.value, DeliveryState.UNCERTAIN.value})
"""Chosen by hand only: the first hardly ever helps, the second may bring people the mail twice."""


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Asks which of those who did not get it should get it again, says how many and who not, and does it."""
    issue = lookups.issue(issue_id)
    if issue.state not in states.RESENDABLE:
        return redirect("issue", issue_id)
    found = resending.failed(issue_id)
    chosen = [choice for choice in found.counts if choice not in UNTICKED]
    form = ResendForm()
    if request.method == "POST":
        form = ResendForm(request.POST)
        chosen = request.POST.getlist("kind")
        by, now = access.user(request).actor, clock()
        count = 0

        def step() -> None:
            nonlocal count
            count = resending.resend(issue_id, choices=form.cleaned_data["kind"], by=by, now=now)

        if form.is_valid() and form.accepts(step, beside="kind"):
            text = ngettext("%(n)s mail is being sent again.", "%(n)s mails are being sent again.", count)
            messages.success(request, text % {"n": number(count)})
            return redirect("issue_progress", issue_id)
    rows = [(choice, words.failed(choice), n, choice in chosen) for choice, n in found.counts.items()]
    context = {
        "issue": issue,
        "form": form,
        "found": found,
        "rows": rows,
        "hours": issue.useful_life // HOUR,
    }
    return render(request, "issues/again.html", context, status=form.status)


@access.require(EDITOR)
@require_POST
def doubt(request: HttpRequest, issue_id: int) -> HttpResponse:
    """A person decides about the mails of which nobody knows whether they were taken."""
    lookups.issue(issue_id)
    by, now = access.user(request).actor, clock()

    def step() -> None:
        try:
            choice = sending.Doubt(request.POST.get("choice", ""))
        except ValueError as error:
            raise InvalidInput(_("Choose one of them.")) from error
        sending.resolve_uncertain(issue_id, choice, by=by, now=now)

    posts.done(request, step, _("Done."))
    return redirect("issue_progress", issue_id)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def care(request: HttpRequest, issue_id: int) -> HttpResponse:
    """How long this issue is worth being tried, and what to do about doubts; empty: as the newsletter has it."""
    issue = lookups.issue(issue_id)
    if issue.state == IssueState.CANCELLED:
        return redirect("issue", issue_id)
    form = CareForm(posts.data(request), issue=issue)
    if form.is_valid() and form.accepts(lambda: _save_care(request, issue, form)):
        messages.success(request, _("Saved."))
        return redirect("issue", issue_id)
    return render(request, "issues/care.html", {"issue": issue, "form": form}, status=form.status)


def _save_care(request: HttpRequest, issue: Issue, form: CareForm) -> None:
    sending.set_care(
        issue.pk,
        useful_life_hours=form.cleaned_data["useful_life_hours"],
        uncertain_policy=form.cleaned_data["uncertain_policy"],
        by=access.user(request).actor,
        now=clock(),
    )
