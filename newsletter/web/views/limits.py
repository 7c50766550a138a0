"""The page of rate limits: how much may go out by which server, for which sender, to whose readers."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from newsletter.delivery.ratelimit import limit_settings, providers
from newsletter.delivery.ratelimit.limit_rules import EVERY
from newsletter.delivery.ratelimit.limit_settings import PERIODS, StoredLimit
from newsletter.errors import NotFound
from newsletter.issues import queries
from newsletter.staff import access
from newsletter.staff.models import ADMIN
from newsletter.translation import number
from newsletter.web import posts, words
from newsletter.web.forms.limits import LimitForm, NewLimitForm
from newsletter.web.posts import clock


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Every limit with how much of it is used, who is written to slower, and a form for another."""
    now = clock()
    form = NewLimitForm(posts.data(request), now=now)
    if form.is_valid() and form.accepts(lambda: _save(request, form.key, form), beside="name"):
        messages.success(request, _("Saved. It takes effect within two seconds."))
        return redirect("limits")
    context = {
        "form": form,
        "rows": [
            {"limit": row, "uses": _uses(row), "bounds": _bounds(row)} for row in limit_settings.overview(now=now)
        ],
        "slowed": [
            {
                "group": pace.group,
                "server": pace.server,
                "rate": number(round(pace.rate, 1)),
                "goal": number(round(pace.goal, 1)),
                "since": pace.since,
                "reply": pace.reply,
            }
            for pace in limit_settings.slowed()
        ],
        "names": _names(),
        "words": words,
    }
    return render(request, "limits/index.html", context, status=form.status)


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, limit_id: int) -> HttpResponse:
    """Change a limit."""
    row = _row(limit_id)
    form = LimitForm(posts.data(request), limit=row.settings, now=clock())
    if form.is_valid() and form.accepts(lambda: _save(request, row.key, form)):
        messages.success(request, _("Saved. It takes effect within two seconds."))
        return redirect("limits")
    return render(request, "limits/edit.html", {"form": form, "row": row, "words": words}, status=form.status)


@access.require(ADMIN)
@require_POST
def remove(request: HttpRequest, limit_id: int) -> HttpResponse:
    """End a limit."""
    row = _row(limit_id)
    by = access.user(request).actor
    posts.done(request, lambda: limit_settings.remove(row.key, by=by, now=clock()), _("The limit was removed."))
    return redirect("limits")


def _row(limit_id: int) -> StoredLimit:
    try:
        return limit_settings.get(limit_id, now=clock())
    except NotFound as error:
        raise Http404 from error


def _save(request: HttpRequest, key: str, form: LimitForm) -> None:
    limit_settings.set_limit(key, settings=form.settings(), by=access.user(request).actor, now=clock())


def _uses(row: StoredLimit) -> list[dict[str, object]]:
    """Each bound with its bar and the text that says the same."""
    return [
        {
            "width": round(use.share * 100, 1),
            "full": use.share >= 1,
            "text": words.LIMIT_USE[use.period] % {"used": number(use.used), "bound": number(use.bound)},
        }
        for use in row.uses
    ]


def _bounds(row: StoredLimit) -> list[str]:
    """What each of many domains may send, whose use is no single number."""
    found = [(seconds, getattr(row.today, name)) for seconds, name in PERIODS.items()]
    return [words.LIMIT_BOUND[seconds] % {"bound": number(value)} for seconds, value in found if value]


def _names() -> list[str]:
    """What may stand in the field: servers, senders' domains, providers, or all others."""
    senders = {publication.sender_address.rpartition("@")[2].lower() for publication in queries.publications()}
    return [EVERY, *limit_settings.servers(), *sorted(senders), *sorted(providers.PROVIDERS)]
