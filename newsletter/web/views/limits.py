"""The page of rate limits: how much may go out by which server, for which sender, to whose readers."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from newsletter.delivery.ratelimit import limit_settings, providers
from newsletter.delivery.ratelimit.limit_rules import EVERY
from newsletter.delivery.ratelimit.limit_settings import PERIODS, Row, Settings
from newsletter.errors import InvalidInput, NotFound, words_of
from newsletter.issues import queries
from newsletter.staff import access
from newsletter.staff.models import ADMIN
from newsletter.translation import number
from newsletter.web import forms, words
from newsletter.web.forms import Form, Reading, clock

_BOUNDS = tuple(PERIODS.values())
_BLANK: dict[str, object] = dict.fromkeys(("kind", "name", *_BOUNDS, "warm_up", "warm_up_start"), "")


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Every limit with how much of it is used, who is written to slower, and a form for one more."""
    form = Form(values=_BLANK)
    if request.method == "POST":
        form = form.posted(request)
        if form.accepted(lambda: _add(request, form), beside="name"):
            forms.done(request, lambda: None, _("Saved. It takes effect within two seconds."))
            return redirect("limits")
    now = clock()
    context = {
        "form": form,
        "rows": [
            {"limit": row, "uses": _uses(row), "bounds": _bounds(row)} for row in limit_settings.overview(now=now)
        ],
        "slowed": [
            {
                "group": one.group,
                "server": one.server,
                "rate": number(round(one.rate, 1)),
                "goal": number(round(one.goal, 1)),
                "since": one.since,
                "reply": one.reply,
            }
            for one in limit_settings.slowed()
        ],
        "names": _names(),
        "words": words,
    }
    return render(request, "limits/index.html", context, status=form.status)


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, limit_id: int) -> HttpResponse:
    """Change one limit."""
    row = _row(limit_id)
    values = {name: _typed(getattr(row.settings, name)) for name in _BLANK if name not in {"kind", "name"}}
    form = forms.watched(values)
    if request.method == "POST":
        form = form.posted(request)
        if form.accepted(lambda: _save(request, row.key, form, stored=values)):
            forms.done(request, lambda: None, _("Saved. It takes effect within two seconds."))
            return redirect("limits")
    return render(request, "limits/edit.html", {"form": form, "row": row, "words": words}, status=form.status)


@access.require(ADMIN)
@require_POST
def remove(request: HttpRequest, limit_id: int) -> HttpResponse:
    """End one limit."""
    row = _row(limit_id)
    by = access.person(request).actor
    forms.done(request, lambda: limit_settings.remove(row.key, by=by, now=clock()), _("The limit was removed."))
    return redirect("limits")


def _row(limit_id: int) -> Row:
    try:
        return limit_settings.get(limit_id, now=clock())
    except NotFound as error:
        raise Http404 from error


def _add(request: HttpRequest, form: Form) -> None:
    _save(request, f"{form.text('kind')}:{form.text('name')}", form, partial(_check_which, form))


def _check_which(form: Form) -> None:
    """Raises InvalidInput in the words of the chosen kind: the page does not ask for what commands call a key."""
    kind = form.text("kind")
    if kind not in words.LIMIT_WHICH:
        raise InvalidInput(_("Choose what the limit is for."), field="kind")
    if not forms.clean(form.text("name")).strip(" ."):
        raise InvalidInput(str(words.LIMIT_WHICH[kind]), field="name")
    try:
        limit_settings.clean_key(f"{kind}:{form.text('name')}")
    except NotFound as error:  # a mail server
        raise InvalidInput(words_of(error), field="name") from error


def _save(
    request: HttpRequest,
    key: str,
    form: Form,
    *checks: Callable[[], object],
    stored: Mapping[str, object] | None = None,
) -> None:
    if stored is not None:
        forms.keep_theirs(form, stored)
    reading = Reading()
    settings = Settings(
        per_second=reading.of(lambda: _number(form, "per_second"), otherwise=None),
        per_minute=reading.of(lambda: _whole(form, "per_minute"), otherwise=None),
        per_hour=reading.of(lambda: _whole(form, "per_hour"), otherwise=None),
        per_day=reading.of(lambda: _whole(form, "per_day"), otherwise=None),
        warm_up=form.text("warm_up"),
        warm_up_start=reading.of(lambda: _day(form, "warm_up_start"), otherwise=None),
    )
    now = clock()
    # That there is no number at all is not said of one that could not be read.
    numbers = () if reading.refused else (lambda: limit_settings.check(settings, now=now),)
    reading.check(*checks, *numbers)
    limit_settings.set_limit(key, settings=settings, by=access.person(request).actor, now=now)


def _whole(form: Form, name: str) -> int | None:
    return form.number(name) if form.text(name).strip() else None


def _number(form: Form, name: str) -> float | None:
    raw = form.text(name).strip().replace(",", ".")
    if not raw:
        return None
    whole, _point, rest = raw.partition(".")
    if not raw.isascii() or not f"{whole}{rest}".isdigit() or len(raw) > 9:
        raise InvalidInput(_("Write a number, such as 20 or 0.5."), field=name)
    return float(raw)


def _day(form: Form, name: str) -> date | None:
    if not form.text(name).strip():
        return None
    with suppress(ValueError):
        return date.fromisoformat(form.text(name).strip())
    raise InvalidInput(_("Write a day as 2026-11-26."), field=name)


def _typed(value: float | date | str | None) -> str:
    """As an input holds it."""
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _uses(row: Row) -> list[dict[str, object]]:
    """Each bound with its bar and the text that says the same."""
    return [
        {
            "width": round(use.share * 100, 1),
            "full": use.share >= 1,
            "text": words.LIMIT_USE[use.period] % {"used": number(use.used), "bound": number(use.bound)},
        }
        for use in row.uses
    ]


def _bounds(row: Row) -> list[str]:
    """What each of many has, whose use is not one number."""
    found = [(seconds, getattr(row.today, name)) for seconds, name in PERIODS.items()]
    return [words.LIMIT_BOUND[seconds] % {"bound": number(value)} for seconds, value in found if value]


def _names() -> list[str]:
    """What may stand in the field: servers, senders' domains, providers, or all others."""
    senders = {one.sender_address.rpartition("@")[2].lower() for one in queries.publications()}
    return [EVERY, *limit_settings.servers(), *sorted(senders), *sorted(providers.PROVIDERS)]
