"""The mail servers: what they are set to, how they do, and a test of each; for administrators."""

from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter.conf import config
from newsletter.delivery.servers import carrier_registry, server_health, server_settings
from newsletter.delivery.servers.server_settings import RANGES, StoredSettings
from newsletter.delivery.smtp import probe
from newsletter.errors import InvalidInput
from newsletter.issues import queries
from newsletter.staff import access
from newsletter.staff.models import ADMIN
from newsletter.translation import error_text
from newsletter.web import forms, lookups, merging, words
from newsletter.web.forms import Form, Reading, clock

_TEXTS = ("host", "user", "password", "tls", "clear_accepted", "auth", "role")
_NUMBERS = tuple(RANGES)


@access.require(ADMIN)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every server, its state in words, and what can be done about it."""
    context = {
        "servers": (servers := lookups.servers()),
        "standstill": not any(one.state.is_usable and not server_health.takes_nothing(one.row) for one in servers),
        "now": clock(),
        "unserved": server_settings.unserved(config()),
        "states": words.TRANSPORT,
        "roles": words.ROLE,
    }
    return render(request, "servers/index.html", context)


@sensitive_post_parameters("password")
@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new mail server."""
    form = Form(values={"name": "", **_values(StoredSettings())})
    if request.method == "POST":
        form = _posted(form, request)
        name, by = form.text("name"), access.person(request).actor
        if form.accepted(
            lambda: server_settings.create(
                name, settings=_settings(form, request, name=name), config=config(), by=by, now=clock()
            )
        ):
            forms.done(request, lambda: None, _("The mail server was added. Test its connection before it is needed."))
            return redirect("server", server=name.strip())
    return _page(request, form, server=None)


@sensitive_post_parameters("password")
@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, server: str) -> HttpResponse:
    """Its settings; the password is never shown, and stays when nothing is typed."""
    found = lookups.server(server)
    stored = _values(server_settings.settings_of(found.row))
    form = Form(values={**stored, forms.SEEN: merging.note(_in_words(stored))})
    if request.method == "POST":
        form = _posted(form, request)
        by = access.person(request).actor

        def settings() -> StoredSettings:
            form.values = _in_words(form.values)
            forms.keep_theirs(form, _in_words(stored))
            form.values = {**form.values, "publication": form.text("publication").split()}
            return _settings(form, request, server=found)

        if form.accepted(
            lambda: server_settings.edit(server, settings=settings(), config=config(), by=by, now=clock())
        ):
            forms.done(request, lambda: None, _("Saved."))
            return redirect("servers")
    return _page(request, form, server=found)


@access.require(ADMIN)
@require_POST
def test(request: HttpRequest, server: str) -> HttpResponse:
    """Connect, encrypt, sign in, leave: in this request, within seconds; nothing is sent."""
    found = lookups.server(server)
    report: probe.Report | None = None
    problem = ""
    if not found.row.host:
        problem = found.row.last_error or str(words.TRANSPORT[server_health.State.UNSET].meaning)
    else:
        try:
            report = probe.run(carrier_registry.way_out(found.row, config()).settings, ehlo_name=config().ehlo_name)
            server_health.tested(server, problem=report.problem, config=config(), now=clock())
            found = lookups.server(server)  # what was found may have changed its state
        except carrier_registry.SecretLost as error:
            problem = error_text(error)
    part = request.htmx  # type: ignore[attr-defined]
    is_own = bool(part) and part.current_url_abs_path == reverse("server", args=[server])
    context = {
        "server": found,
        "one": found,
        # What else on the page that asked must follow: the server's line in the list, or its state on its own page.
        "is_beside": bool(part) and not is_own,
        "is_own": is_own,
        "states": words.TRANSPORT,
        "roles": words.ROLE,
        "now": clock(),
        "report": report,
        "problem": problem or (report.problem if report else ""),
        "steps": words.STEP,
        "outcomes": words.OUTCOME,
    }
    return render(request, "servers/tested_part.html" if part else "servers/tested.html", context)


@access.require(ADMIN)
@require_POST
def pause(request: HttpRequest, server: str) -> HttpResponse:
    """Hand nothing more to it."""
    found, by = lookups.server(server), access.person(request).actor
    said = _("Nothing more is sent through %(name)s.") % {"name": server}
    forms.done(request, lambda: server_health.pause(found.row.name, by=by, now=clock()), said)
    return redirect("servers")


@access.require(ADMIN)
@require_POST
def resume(request: HttpRequest, server: str) -> HttpResponse:
    """Try it again."""
    found, by = lookups.server(server), access.person(request).actor
    forms.done(
        request,
        lambda: server_health.resume(found.row.name, by=by, now=clock()),
        _("The mail server is being tried again."),
    )
    return redirect("servers")


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, server: str) -> HttpResponse:
    """Asks once."""
    found, by = lookups.server(server), access.person(request).actor
    if request.method != "POST":
        return render(request, "servers/remove.html", {"server": found})
    said = _("The mail server %(name)s and its password were removed.") % {"name": server}
    forms.done(request, lambda: server_settings.remove(server, config=config(), by=by, now=clock()), said)
    return redirect("servers")


def _values(settings: StoredSettings) -> dict[str, object]:
    """What the form shows at first."""
    values: dict[str, object] = {f.name: getattr(settings, f.name) for f in fields(settings)}
    chosen = [] if settings.serves is None else [str(one) for one in settings.serves]
    return {**values, "port": settings.port or "", "serves": "some" if chosen else "all", "publication": chosen}


def _in_words(values: Mapping[str, object]) -> dict[str, object]:
    """The chosen newsletters as one text, to be compared with another."""
    chosen = values["publication"]
    return {**values, "publication": " ".join(map(str, chosen)) if isinstance(chosen, list) else chosen}


def _posted(form: Form, request: HttpRequest) -> Form:
    posted = form.posted(request)
    # What was typed as a password is not written into a page.
    return Form(values={**posted.values, "password": "", "publication": request.POST.getlist("publication")})


def _settings(
    form: Form, request: HttpRequest, *, server: lookups.Server | None = None, name: str = ""
) -> StoredSettings:
    """What was posted; the default server's connection is not asked for. Raises InvalidInput for all that is wrong."""
    reading = Reading()
    stored = server is not None and server.is_default
    kept = set(server_settings.CONNECTION) if stored else set()
    texts = {name: form.text(name) for name in _TEXTS if name not in kept}
    # In place of a number that cannot be read stands one that is none of its own trouble.
    numbers = {
        one: reading.of(partial(_number, form, one), otherwise=RANGES[one][0]) for one in _NUMBERS if one not in kept
    }
    some = form.text("serves") == "some"
    serves = reading.of(lambda: _chosen(form), otherwise=None) if some else None
    password = "" if stored else request.POST.get("password", "")
    settings: dict[str, Any] = {**texts, **numbers, "password": password, "enabled": bool(form.text("enabled"))}
    found = StoredSettings(**settings, serves=serves)
    if server is None:
        reading.check(lambda: server_settings.check_new(name, found))
    else:
        reading.check(lambda: server_settings.check(found, is_default=stored))
    return found


def _number(form: Form, name: str) -> int:
    return 0 if name == "port" and not form.text(name).strip() else form.number(name)


def _chosen(form: Form) -> tuple[int, ...] | None:
    given = form.values["publication"]
    chosen = list(given) if isinstance(given, list) else []
    if not all(one.isascii() and one.isdigit() and len(one) < 10 for one in chosen):
        raise InvalidInput(_("Choose from the newsletters that are shown."), field="serves")
    return tuple(int(one) for one in chosen)


def _page(request: HttpRequest, form: Form, *, server: lookups.Server | None) -> HttpResponse:
    context = {
        "form": form,
        "server": server,
        "roles": [(role, f"{word.label}: {word.meaning}") for role, word in words.ROLE.items()],
        "states": words.TRANSPORT,
        "publications": queries.publications(),
    }
    return render(request, "servers/edit.html", context, status=form.status)
