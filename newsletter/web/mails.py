"""A mail on our pages: what it says, and a frame that holds the very mail that the page is about."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from newsletter.issues import queries, subject_lines
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.rendering import personalise
from newsletter.rendering.results import Rendered
from newsletter.web import framed

SAMPLE = personalise.values_for(name="", unsubscribe_url="#")
"""Nobody's values: previews show what a reader without a name gets."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail on a page, with the address of its frame."""

    sender: str
    """The name that it comes from."""
    subject: str
    preheader: str
    text: str
    frame: str


def saved(issue: Issue, rendered: Rendered) -> Mail:
    """The mail as it was saved or approved."""
    # What was approved keeps its lines, whatever the stories would suggest by now.
    is_draft = issue.state == IssueState.DRAFT
    preheader = subject_lines.of(issue, queries.entries_of(issue))[1] if is_draft else issue.preheader
    approval = None if is_draft else queries.approval_in_force(issue)
    sender = str(approval.sender.get("name", "")) if approval else issue.publication.sender_name
    frame = reverse("issue_preview_frame", args=[issue.pk])
    return of(rendered, sender=sender, preheader=preheader, frame=f"{frame}?{urlencode({'seen': rendered.digest})}")


def of(rendered: Rendered, *, sender: str, preheader: str, frame: str) -> Mail:
    """The mail, whose HTML stands at the address ``frame``."""
    text = rendered.tokens.fill_text(rendered.text, SAMPLE)
    subject = rendered.tokens.fill_text(rendered.subject, SAMPLE)
    return Mail(sender=sender, subject=subject, preheader=preheader, text=text, frame=frame)


def answer(rendered: Rendered, *, is_same: bool) -> HttpResponse:
    """The mail's HTML for a frame; word that it changed, when it is not the mail that the page is about."""
    if is_same:
        return framed.answer(rendered.tokens.fill_html(rendered.html, SAMPLE))
    return _said(_("The issue changed since this page was opened. Reload the page to see the mail as it is now."))


def refused(why: str) -> HttpResponse:
    """For a frame: why there is no mail."""
    return _said(why)


def _said(words: str) -> HttpResponse:
    return framed.answer(f"<!DOCTYPE html><title>-</title><p>{escape(words)}</p>")
