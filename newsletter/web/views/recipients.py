"""Who got an issue, who did not, and why: searched, looked at singly, and taken away as a file."""

from dataclasses import asdict, replace

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter.delivery.progress import recipient_search, recipients
from newsletter.errors import InvalidInput
from newsletter.issues import states
from newsletter.staff import access
from newsletter.staff import services as staff
from newsletter.staff.models import ADMIN, EDITOR
from newsletter.web import lookups, posts, words
from newsletter.web.forms.recipients import AddressForm, FilterForm
from newsletter.web.posts import clock

PAGE = 50


@access.require(EDITOR, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, issue_id: int) -> HttpResponse:
    """A page of recipients by what became of them; addresses are for administrators.

    An address is looked for by POST: it must not stand in the address of a page.
    """
    issue = lookups.issue(issue_id)
    sees = access.user(request).has_role(ADMIN)
    filter_ = recipients.chosen(request.GET.dict(), may_see_addresses=sees)
    search = AddressForm(posts.data(request))
    if search.is_bound and not sees:
        return redirect("issue_recipients", issue_id)
    subscriber: list[int] = []
    if search.is_valid() and search.accepts(
        lambda: subscriber.append(recipients.find(issue_id, search.cleaned_data["address"]))
    ):
        return redirect("issue_recipient", issue_id, subscriber[0])
    found, refused = recipient_search.Page(rows=[], after=None), None
    try:
        found = recipient_search.page(issue_id, filter_.wanted(), after=_after(request), limit=PAGE)
        if not request.GET and not found.rows and found.after is None:
            # Nobody failed: everybody is what there is to see.
            filter_ = replace(filter_, state=recipients.EVERYBODY)
            found = recipient_search.page(issue_id, filter_.wanted(), after=0, limit=PAGE)
    except InvalidInput as error:
        refused = error
    form = FilterForm(asdict(filter_))
    if refused:
        form.refuse(refused)
    context = {
        "issue": issue,
        "form": form,
        "search": search,
        "filter": filter_,
        "rows": recipients.described(found.rows, with_addresses=sees),
        "after": found.after,
        "words": words.DELIVERY,
        "kinds": words.KIND,
        "unsent_words": words.unsent,
        "sees": sees,
        "can_resend": issue.state in states.RESENDABLE and recipient_search.has_failed(issue_id),
    }
    response = render(request, "issues/recipients.html", context, status=max(form.status, search.status))
    response.headers["Cache-Control"] = "no-store"
    return response


@access.require(EDITOR, ADMIN)
@require_GET
def show(request: HttpRequest, issue_id: int, subscriber: int) -> HttpResponse:
    """One delivery, with every try that was not plainly accepted."""
    issue = lookups.issue(issue_id)
    result = recipient_search.of_subscriber(issue_id, subscriber)
    if result is None:
        return redirect("issue_recipients", issue_id)
    sees = access.user(request).has_role(ADMIN)
    row = recipients.described([result], with_addresses=sees)[0]
    context = {
        "issue": issue,
        "row": row,
        "word": words.DELIVERY[result.state],
        "words": words.DELIVERY,
        "kinds": words.KIND,
        "unsent_words": words.unsent,
        "tries": recipients.tries(issue_id, subscriber, with_addresses=sees),
    }
    response = render(request, "issues/recipient.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@access.require(EDITOR, ADMIN)
@require_POST
def export(request: HttpRequest, issue_id: int) -> HttpResponseBase:
    """All the recipients that were asked for, as CSV; who took them away stands in the audit log."""
    issue = lookups.issue(issue_id)
    person = access.user(request)
    sees = person.has_role(ADMIN)
    filter_ = recipients.chosen({name: str(value) for name, value in request.POST.items()}, may_see_addresses=sees)
    try:
        wanted = filter_.wanted()
    except InvalidInput:
        return redirect(f"{reverse('issue_recipients', args=[issue_id])}?{filter_.query}")
    staff.record(
        actor=person.actor,
        action="issue.recipients-export",
        subject=f"issue:{issue_id}",
        now=clock(),
        detail={"addresses": sees, **asdict(filter_)},
    )
    lines = (line.encode() for line in recipients.csv(issue_id, wanted, with_addresses=sees))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"{issue.publication.slug}-{issue.number}-recipients.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _after(request: HttpRequest) -> int:
    raw = request.GET.get("after", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 18 else 0
