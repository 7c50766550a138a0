"""The development mailbox: what was caught instead of being sent. Only where it runs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from newsletter.conf import config
from newsletter.mailbox import store
from newsletter.staff import access, queries
from newsletter.staff.models import ADMIN, EDITOR
from newsletter.web import framed
from newsletter.web.posts import clock

PAGE = 50


def _where_it_runs(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        directory = config().mailbox_dir
        if directory is None:
            raise Http404
        return view(request, store.Mailbox(directory), *args, **kwargs)

    return guarded


@access.require(EDITOR, ADMIN)
@require_GET
@_where_it_runs
def index(request: HttpRequest, mailbox: store.Mailbox) -> HttpResponse:
    """The caught mails, newest first."""
    raw = request.GET.get("page", "1")
    page = max(int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 6 else 1, 1)
    mails = mailbox.list(limit=PAGE + 1, offset=PAGE * (page - 1))
    hidden = _colleagues(request)
    shown = [message for message in mails[:PAGE] if not hidden & _recipients(message)]
    context = {"mails": shown, "page": page, "more": len(mails) > PAGE, "count": mailbox.count()}
    return render(request, "mailbox/index.html", context)


@access.require(EDITOR, ADMIN)
@require_GET
@_where_it_runs
def mail(request: HttpRequest, mailbox: store.Mailbox, mail_id: str) -> HttpResponse:
    """One mail: as it looks, as text, as it came."""
    found = _get(request, mailbox, mail_id)
    source = found.data[:500_000].decode("utf-8", "replace")
    return render(request, "mailbox/mail.html", {"mail": found, "source": source})


@access.require(EDITOR, ADMIN)
@require_GET
@_where_it_runs
def frame(request: HttpRequest, mailbox: store.Mailbox, mail_id: str) -> HttpResponse:
    """The mail's HTML alone, for a frame; its links open in a new page."""
    return framed.answer(_get(request, mailbox, mail_id).html, links=True)


def _get(request: HttpRequest, mailbox: store.Mailbox, mail_id: str) -> store.Mail:
    try:
        found = mailbox.get(mail_id)
    except LookupError as error:
        raise Http404 from error
    if _colleagues(request) & _recipients(found.caught):
        raise Http404
    return found


def _recipients(caught: store.Caught) -> set[str]:
    return {address.lower() for address in caught.recipients}


def _colleagues(request: HttpRequest) -> set[str]:
    """Addresses whose mail this user must not see: it holds codes and links to sign in with. Admins may see all."""
    person = access.user(request)
    if person.has_role(ADMIN):
        return set()
    accounts = {member.email.lower() for member in queries.people()}
    invited = {invitation.email.lower() for invitation in queries.open_invitations(now=clock())}
    return (accounts | invited) - {person.email.lower()}
