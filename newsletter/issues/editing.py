"""Composing an issue: creating, editing, its entries. Every edit voids the approval in force (users 12, trust P2)."""

import secrets
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from newsletter.articles.models import Article
from newsletter.errors import InvalidInput, NotFound
from newsletter.issues import publications, queries, subject_lines, transitions
from newsletter.issues.models import Entry, Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.stored import cut, sentences, stored
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

MOST_ENTRIES = 60
"""More would never stay under the 100,000 bytes at which a mail is clipped (trust H1)."""
LONGEST_INTRODUCTION = 20_000
LONGEST_STANDFIRST = 5_000


def create_issue(
    *,
    publication: Publication,
    by: str,
    now: datetime,
    subject: str = "",
    preheader: str = "",
    introduction: str = "",
) -> Issue:
    """A new draft with the publication's next number: no gap, no double, however many create at once.

    Lines that are given are somebody's own; those that are not follow the stories (`subject_lines`).
    """
    subject = publications.one_line(subject, field="subject", most=300)
    preheader = publications.one_line(preheader, field="preheader", most=300)
    introduction = _text(introduction, field="introduction", most=LONGEST_INTRODUCTION)
    with transaction.atomic():
        # The publication's row is the queue in which numbers are given out.
        if not Publication.objects.select_for_update().filter(pk=publication.pk).exists():
            raise NotFound(_("This newsletter no longer exists."))
        last = Issue.objects.filter(publication=publication).aggregate(last=Max("number"))["last"] or 0
        issue = Issue.objects.create(
            publication=publication,
            number=last + 1,
            public_id=secrets.token_urlsafe(16),
            subject=subject,
            preheader=preheader,
            subject_written=bool(subject),
            preheader_written=bool(preheader),
            introduction=introduction,
            edited_by=by,
            created_at=now,
            updated_at=now,
        )
        _record(issue, by=by, now=now, action="issue.create", detail={"number": issue.number})
    return issue


_CHANGED = {
    "subject": _("The subject changed."),
    "preheader": _("The preview line changed."),
    "introduction": _("The introduction changed."),
}


def edit_issue(
    issue: Issue,
    *,
    by: str,
    now: datetime,
    subject: str | None = None,
    preheader: str | None = None,
    introduction: str | None = None,
    expected_version: int | None = None,
) -> Issue:
    """Change what stands above the stories; None leaves a part as it is. Saving the same words changes nothing.

    An empty subject or preview line asks for the line that the stories suggest.
    """
    if subject is not None:
        subject = publications.one_line(subject, field="subject", most=300)
    if preheader is not None:
        preheader = publications.one_line(preheader, field="preheader", most=300)
    if introduction is not None:
        introduction = _text(introduction, field="introduction", most=LONGEST_INTRODUCTION)

    def change(row: Issue) -> str:
        changed = subject_lines.write(row, subject=subject, preheader=preheader)
        if introduction is not None and row.introduction != introduction:
            row.introduction = introduction
            changed.append("introduction")
        return sentences(_CHANGED[name] for name in changed)

    return _edit(issue.pk, change, by=by, now=now, expected_version=expected_version)


def add_entry(
    issue: Issue,
    article: Article,
    *,
    by: str,
    now: datetime,
    show: str = Entry.Show.SUMMARY,
    why: str = "",
    expected_version: int | None = None,
) -> Entry:
    """Put an article at the end of the issue. An article that is in it already stays where it is."""
    _check_show(show)
    if article.kept_back:
        raise InvalidInput(
            _(
                "“%(title)s” is marked as a draft or for members only. Open the article and allow every reader to see "
                "it first.",
                title=article.title,
            ),
            field="article",
        )

    def change(row: Issue) -> str:
        entries = Entry.objects.filter(issue=row)
        if entries.filter(article=article).exists():
            return ""
        if entries.count() >= MOST_ENTRIES:
            raise InvalidInput(
                _("An issue holds at most %(n)s stories. Nothing was added.", n=Quantity(MOST_ENTRIES)), field="article"
            )
        place = (entries.aggregate(last=Max("position"))["last"] or 0) + 1
        Entry.objects.create(issue=row, article=article, position=place, show=show, why=cut(why, 300))
        return _("The story “%(title)s” was added.", title=article.title)

    _edit(issue.pk, change, by=by, now=now, expected_version=expected_version)
    return Entry.objects.select_related("issue", "article").get(issue_id=issue.pk, article=article)


def remove_entry(entry: Entry, *, by: str, now: datetime, expected_version: int | None = None) -> Issue:
    """Take a story out of its issue; the others close up. One that is gone already is no error."""

    def change(row: Issue) -> str:
        fresh = queries.entries_of(row).filter(pk=entry.pk).first()
        if fresh is None:
            return ""
        subject_lines.take_out(row, fresh)
        fresh.delete()
        _renumber(list(Entry.objects.filter(issue=row).order_by("position", "pk")))
        return _("The story “%(title)s” was taken out.", title=entry)

    return _edit(entry.issue_id, change, by=by, now=now, expected_version=expected_version)


def move_entry(entry: Entry, *, to: int, by: str, now: datetime, expected_version: int | None = None) -> Issue:
    """Put a story at place ``to`` (1 is the top; what lies beyond the ends means the end)."""

    def change(row: Issue) -> str:
        entries = list(Entry.objects.filter(issue=row).order_by("position", "pk"))
        at = next((i for i, other in enumerate(entries) if other.pk == entry.pk), None)
        if at is None:
            raise NotFound(_("This story is no longer in the issue. Nothing was moved."))
        target = min(max(to, 1), len(entries)) - 1
        if target == at:
            return ""
        entries.insert(target, entries.pop(at))
        _renumber(entries)
        return _("The story “%(title)s” was moved.", title=entry)

    return _edit(entry.issue_id, change, by=by, now=now, expected_version=expected_version)


def edit_entry(
    entry: Entry,
    *,
    by: str,
    now: datetime,
    title: str | None = None,
    standfirst: str | None = None,
    kicker: str | None = None,
    picture_alt: str | None = None,
    show_picture: bool | None = None,
    show: str | None = None,
    expected_version: int | None = None,
) -> Entry:
    """Say something differently in this issue; an empty text means "as in the article", None leaves it as it is."""
    wanted: dict[str, str | bool | None] = {
        "title": None if title is None else publications.one_line(title, field="title", most=500),
        "standfirst": None if standfirst is None else _text(standfirst, field="standfirst", most=LONGEST_STANDFIRST),
        "kicker": None if kicker is None else publications.one_line(kicker, field="kicker", most=120),
        "picture_alt": None
        if picture_alt is None
        else publications.one_line(picture_alt, field="picture_alt", most=500),
        "show_picture": show_picture,
        "show": None if show is None else _check_show(show),
    }

    def change(row: Issue) -> str:
        fresh = Entry.objects.filter(pk=entry.pk, issue=row).first()
        if fresh is None:
            raise NotFound(_("This story is no longer in the issue. Nothing was saved."))
        changed = [name for name, value in wanted.items() if value is not None and getattr(fresh, name) != value]
        for name in changed:
            setattr(fresh, name, wanted[name])
        if changed:
            fresh.save(update_fields=changed)
        return _("The story “%(title)s” was changed.", title=entry) if changed else ""

    _edit(entry.issue_id, change, by=by, now=now, expected_version=expected_version)
    return Entry.objects.select_related("issue", "article").get(pk=entry.pk)


def _edit(
    issue_id: int, change: Callable[[Issue], str], *, by: str, now: datetime, expected_version: int | None
) -> Issue:
    """Apply one change to the locked issue; if it changed anything, void the approval and go back to draft.

    ``change`` returns what it did, in a sentence; empty when it did nothing.
    """
    with transaction.atomic():
        row = transitions.locked_for_edit(issue_id, expected_version=expected_version)
        what = change(row)
        if not what:
            return row
        was = IssueState(row.state)
        subject_lines.follow(row)
        transitions.void_approval(row, reason=what, now=now)
        row.state, row.state_reason, row.send_at = IssueState.DRAFT, "", None
        row.version += 1
        row.edited_by, row.updated_at = by, now
        row.save()
        detail: dict[str, object] = {"what": stored(what), "version": row.version}
        if was is not IssueState.DRAFT:
            detail["voided"] = was.value
        _record(row, by=by, now=now, action="issue.edit", detail=detail)
    return row


def _renumber(entries: list[Entry]) -> None:
    moved = []
    for place, entry in enumerate(entries, start=1):
        if entry.position != place:
            entry.position = place
            moved.append(entry)
    Entry.objects.bulk_update(moved, ["position"])


def _check_show(show: str) -> str:
    if show not in Entry.Show.values:
        known = ", ".join(Entry.Show.values)
        raise InvalidInput(_("“%(typed)s” is not one of %(known)s.", typed=show[:40], known=known), field="show")
    return str(show)


def _text(text: str, *, field: str, most: int) -> str:
    """Text of several lines, line ends made plain; NUL cannot be stored in PostgreSQL."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if "\x00" in text:
        raise InvalidInput(_("This contains a NUL character, which cannot be stored. Remove it."), field=field)
    if len(text) > most:
        raise InvalidInput(publications.too_long(text, most=most), field=field)
    return text


def _record(issue: Issue, *, by: str, now: datetime, action: str, detail: dict[str, object]) -> None:
    staff.record(actor=by, action=action, subject=f"issue:{issue.pk}", now=now, detail=detail)
