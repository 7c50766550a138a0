"""What readers open without an account: issues in the browser, and the pictures in them."""

import re
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from newsletter.articles.pictures import media_keys as media_names
from newsletter.conf import config
from newsletter.issues import queries, states
from newsletter.issues.models import Issue
from newsletter.rendering import personalise
from newsletter.staff.models import EDITOR, User
from newsletter.web import framed
from subscribers import api as subscribers

_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}
_FILE = re.compile(r"(?:[0-9a-z][0-9a-z_-]*/){0,4}[0-9a-z][0-9a-z_-]*\.([a-z]{3,4})")


@login_not_required
@require_safe
def issue(request: HttpRequest, public_id: str) -> HttpResponse:
    """A released issue as its readers got it, without anything personal; of any other, word that it is not out."""
    found = Issue.objects.select_related("publication").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    approval = queries.approval_in_force(found) if found.state in states.RELEASED else None
    rendition = queries.page_of(approval) if approval else None
    if rendition is None:
        return _unsent(request, found)
    leave = config().base_url + reverse("public_leave", args=[public_id])
    values = personalise.values_for(name="", unsubscribe_url=leave)
    html = media_names.moved(rendition.html, base_url=config().base_url)
    return framed.answer(personalise.Tokens(rendition.token_key).fill_html(html, values), links=True)


def _unsent(request: HttpRequest, issue: Issue) -> HttpResponse:
    """Test mails name this address too: an editor who follows it sees the draft, anybody else nothing of it."""
    if isinstance(request.user, User) and request.user.has_role(EDITOR):
        return redirect("issue_preview" if issue.state in states.EDITABLE else "issue", issue.pk)
    login = f"{reverse('account_login')}?{urlencode({'next': request.path})}"
    context = {"login": login, "coming": issue.state not in states.RELEASED}
    answer = render(request, "unsent.html", context, status=404)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@csrf_exempt
@login_not_required
def leave(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where the way out leads in the browser: nobody is known here, so an address that is typed is mailed its link."""
    found = _released(public_id)
    if found is None:
        raise Http404
    return subscribers.leave_page(request, found.publication.list_id, back=reverse("public_issue", args=[public_id]))


@login_not_required
@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A picture. Its name is the hash of its bytes, so that it may be kept for ever."""
    match = _FILE.fullmatch(path)
    if match is None or match[1] not in _TYPES:
        raise Http404
    try:
        # Closed by the response.
        response = FileResponse((config().media_dir / path).open("rb"), content_type=_TYPES[match[1]])
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise Http404 from error
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _released(public_id: str) -> Issue | None:
    found = Issue.objects.select_related("publication").filter(public_id=public_id).first()
    return found if found is not None and found.state in states.RELEASED else None
