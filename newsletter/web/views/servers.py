"""The mail servers: what they are set to, how they do, and a test of each; for administrators."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter.conf import config
from newsletter.delivery.servers import carrier_registry, server_health, server_settings, server_state
from newsletter.delivery.smtp import probe
from newsletter.issues import queries
from newsletter.staff import access
from newsletter.staff.models import ADMIN
from newsletter.translation import error_text
from newsletter.web import lookups, posts, words
from newsletter.web.forms.servers import ServerForm
from newsletter.web.posts import clock


@access.require(ADMIN)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every server, its state in words, and what can be done about it."""
    context = {
        "servers": (servers := lookups.servers()),
        "standstill": not any(
            server.state.is_usable and not server_state.takes_nothing(server.row) for server in servers
        ),
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
    form = _form(request)
    if form.is_valid():
        name, settings, by = form.cleaned_data["name"], form.settings(), access.user(request).actor
        if form.accepts(lambda: server_settings.create(name, settings=settings, config=config(), by=by, now=clock())):
            messages.success(request, _("The mail server was added. Test its connection before it is needed."))
            return redirect("server", server=name)
    return _page(request, form, server=None)


@sensitive_post_parameters("password")
@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, server: str) -> HttpResponse:
    """Its settings; the password is never shown, and stays when nothing is typed."""
    found = lookups.server(server)
    form = _form(request, found)
    if form.is_valid():
        settings, by = form.settings(), access.user(request).actor
        if form.accepts(lambda: server_settings.edit(server, settings=settings, config=config(), by=by, now=clock())):
            messages.success(request, _("Saved."))
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
            report = probe.run(
                carrier_registry.carrier_settings_of(found.row, config()).settings, ehlo_name=config().ehlo_name
            )
            server_health.tested(server, problem=report.problem, config=config(), now=clock())
            found = lookups.server(server)  # what was found may have changed its state
        except carrier_registry.PasswordUnreadable as error:
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
    found, by = lookups.server(server), access.user(request).actor
    said = _("Nothing more is sent through %(name)s.") % {"name": server}
    posts.done(request, lambda: server_health.pause(found.row.name, by=by, now=clock()), said)
    return redirect("servers")


@access.require(ADMIN)
@require_POST
def resume(request: HttpRequest, server: str) -> HttpResponse:
    """Try it again."""
    found, by = lookups.server(server), access.user(request).actor
    posts.done(
        request,
        lambda: server_health.resume(found.row.name, by=by, now=clock()),
        _("The mail server is being tried again."),
    )
    return redirect("servers")


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, server: str) -> HttpResponse:
    """Asks once."""
    found, by = lookups.server(server), access.user(request).actor
    if request.method != "POST":
        return render(request, "servers/remove.html", {"server": found})
    said = _("The mail server %(name)s and its password were removed.") % {"name": server}
    posts.done(request, lambda: server_settings.remove(server, config=config(), by=by, now=clock()), said)
    return redirect("servers")


def _form(request: HttpRequest, server: lookups.Server | None = None) -> ServerForm:
    data = posts.data(request)
    return ServerForm(data, server=server.row if server else None, publications=queries.publications())


def _page(request: HttpRequest, form: ServerForm, *, server: lookups.Server | None) -> HttpResponse:
    context = {
        "form": form,
        "server": server,
        "states": words.TRANSPORT,
    }
    return render(request, "servers/edit.html", context, status=form.status)
