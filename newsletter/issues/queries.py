"""What may be asked about publications and their issues."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from newsletter.articles.models import Article
from newsletter.articles.queries import listed
from newsletter.errors import NotFound
from newsletter.issues import states
from newsletter.issues.edition import WEB
from newsletter.issues.models import Approval, Entry, Issue, Publication, Rendition
from newsletter.issues.states import IssueState
from newsletter.translatable import Translatable as _

_GOING_OR_GONE = frozenset(states.RELEASED - {IssueState.CANCELLED}) | {
    IssueState.APPROVED,
    IssueState.SCHEDULED,
    IssueState.HELD,
}
"""States of issues whose stories count as used. Drafts do not: an abandoned draft must not hide its articles."""


def approval_in_force(issue: Issue) -> Approval | None:
    """The approval that is not voided, with its renditions; None for a draft."""
    return (
        Approval.objects.filter(issue_id=issue.pk, voided_at__isnull=True)
        .prefetch_related("renditions")
        .order_by("-pk")
        .first()
    )


def last_approval(issue: Issue) -> Approval | None:
    """The approval that was given last, in force or not; None when nobody ever approved the issue."""
    return Approval.objects.filter(issue_id=issue.pk).order_by("-pk").first()


def mail_of(approval: Approval) -> Rendition | None:
    """What every reader gets."""
    return next((rendition for rendition in approval.renditions.all() if rendition.format != WEB), None)


def page_of(approval: Approval) -> Rendition | None:
    """What the issue's page in the browser shows."""
    pages = (rendition for rendition in approval.renditions.all() if rendition.format == WEB)
    return next(pages, None) or mail_of(approval)


def terms_in_force(issue_id: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Audience rule and sender of that approval: what each chunk needs of it, without the stories."""
    terms = Approval.objects.filter(issue_id=issue_id, voided_at__isnull=True).order_by("-pk")
    return terms.values_list("audience", "sender").first()


def get_issue(issue_id: int) -> Issue:
    """One issue with its publication. Raises NotFound."""
    issue = Issue.objects.select_related("publication").filter(pk=issue_id).first()
    if issue is None:
        raise NotFound(_("There is no issue %(n)s. `newsletter issues list` shows them.", n=issue_id))
    return issue


def zone_of_issue(issue_id: int) -> str | None:
    """The time zone of the issue's newsletter; None when there is no such issue."""
    return Publication.objects.filter(issues__pk=issue_id).values_list("time_zone", flat=True).first()


def get_publication(slug: str) -> Publication:
    """One publication, by its short name, else by its number. Raises NotFound."""
    publication = Publication.objects.filter(slug=slug).first()
    if publication is None and slug.isascii() and slug.isdigit() and len(slug) <= 18:
        publication = Publication.objects.filter(pk=int(slug)).first()
    if publication is None:
        message = _("There is no newsletter “%(slug)s”. `newsletter publications list` shows them.", slug=slug)
        raise NotFound(message)
    return publication


def publications() -> QuerySet[Publication]:
    """Every publication, by name."""
    return Publication.objects.order_by("name", "pk")


def issues_of(publication: Publication | None = None) -> QuerySet[Issue]:
    """Issues, newest first; of one publication or of all."""
    issues = Issue.objects.select_related("publication").order_by("-created_at", "-pk")
    return issues if publication is None else issues.filter(publication=publication)


def entries_of(issue: Issue, *, with_texts: bool = False) -> QuerySet[Entry]:
    """The entries in reading order, each with its article, picture and source; the articles' texts if asked for."""
    entries = (
        Entry.objects.filter(issue_id=issue.pk)
        .select_related("article", "article__picture", "article__source")
        .order_by("position", "pk")
    )
    return entries.defer("article__left_out", *([] if with_texts else ["article__body"]))


def issue_with_entries(issue_id: int) -> tuple[Issue, list[Entry]]:
    """An issue and its entries in order, in two queries. Raises NotFound."""
    issue = get_issue(issue_id)
    return issue, list(entries_of(issue))


def approved_or_scheduled() -> list[Issue]:
    """Every issue that goes out by itself or by hand, with its publication; the oldest first."""
    rows = Issue.objects.select_related("publication").filter(state__in=[IssueState.SCHEDULED, IssueState.APPROVED])
    return list(rows.order_by("number", "pk"))


def held() -> list[Issue]:
    """Approved issues that wait for a person to decide, the oldest first."""
    return list(Issue.objects.select_related("publication").filter(state=IssueState.HELD).order_by("number", "pk"))


def drafts(*, limit: int) -> list[tuple[Issue, int]]:
    """Drafts with how many stories each has, those that were changed last first."""
    rows = Issue.objects.select_related("publication").filter(state=IssueState.DRAFT)
    found = rows.annotate(stories=Count("entries")).order_by("-updated_at", "-pk")[:limit]
    return [(issue, issue.stories) for issue in found]


def next_out(publication: Publication) -> Issue | None:
    """The issue that the publication's next slot sends: the oldest approved issue without a time of its own."""
    return (
        Issue.objects.select_related("publication")
        .filter(publication=publication, state=IssueState.APPROVED, send_at__isnull=True)
        .order_by("number")
        .first()
    )


def approved_before(issue: Issue) -> int:
    """How many approved issues the publication's slots send before this issue."""
    waiting = Issue.objects.filter(
        publication_id=issue.publication_id, state=IssueState.APPROVED, send_at__isnull=True, number__lt=issue.number
    )
    return waiting.count()


def open_draft(publication: Publication) -> Issue | None:
    """The newest draft that waits for a person."""
    return (
        Issue.objects.select_related("publication")
        .filter(publication=publication, state=IssueState.DRAFT)
        .order_by("-number")
        .first()
    )


def unused_articles(publication: Publication, *, since: datetime | None = None) -> QuerySet[Article]:
    """Articles that neither went out in this publication nor wait there to go out; newest first, no drafts, no texts.

    ``since``: only those added after it.
    """
    in_issue = Entry.objects.filter(article=OuterRef("pk"), issue__publication=publication)
    # Cancelling before the release voids the approval: where it is still in force, some mails had gone.
    cut_short = Q(issue__state=IssueState.CANCELLED, issue__approvals__voided_at__isnull=True) & Q(
        issue__approvals__isnull=False
    )
    taken = in_issue.filter(Q(issue__state__in=_GOING_OR_GONE) | cut_short)
    articles = listed().select_related("source").filter(~Exists(taken), kept_back="")
    if since is not None:
        articles = articles.filter(added_at__gt=since)
    return articles.order_by("-added_at", "-pk")
