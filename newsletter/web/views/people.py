"""The newsroom's people and what was done: for administrators."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter.errors import NotFound
from newsletter.staff import access, queries, services
from newsletter.staff.models import ADMIN, ROLES, User
from newsletter.web import activity as activities
from newsletter.web import forms
from newsletter.web.forms import Form, clock

PAGE = 50


def _roles(request: HttpRequest) -> frozenset[str]:
    return frozenset(role for role in ROLES if request.POST.get(role))


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Everyone, and the way to invite one more."""
    form = Form(values={"email": "", "editor": "on", "admin": "", "roles": ""})
    if request.method == "POST":
        form = form.posted(request)
        email, by = form.text("email"), access.person(request).actor
        if form.accepted(lambda: services.invite(email=email, roles=_roles(request), by=by, now=clock())):
            forms.done(request, lambda: None, _("An invitation is on its way to %(email)s.") % {"email": email.strip()})
            return redirect("people")
    context = {"people": queries.people(), "invitations": queries.open_invitations(now=clock()), "form": form}
    return render(request, "people/index.html", context, status=form.status)


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """One person's roles; closing the account, opening it again."""
    user = _person(user_id)
    form = Form(values={"editor": user.is_editor, "admin": user.is_admin, "roles": ""})
    if request.method == "POST":
        form = form.posted(request)
        by = access.person(request).actor
        if form.accepted(lambda: services.change_roles(user_id, roles=_roles(request), by=by, now=clock())):
            forms.done(request, lambda: None, _("Saved."))
            return redirect("people")
    return render(request, "people/person.html", {"person": user, "form": form}, status=form.status)


@access.require(ADMIN)
@require_POST
def set_active(request: HttpRequest, user_id: int) -> HttpResponse:
    """Close an account, or open it again."""
    user, by = _person(user_id), access.person(request).actor
    active = request.POST.get("active") == "yes"
    said = _("The account of %(name)s is open again.") if active else _("The account of %(name)s is closed.")
    forms.done(
        request, lambda: services.set_active(user_id, active=active, by=by, now=clock()), said % {"name": str(user)}
    )
    return redirect("people")


@access.require(ADMIN)
@require_POST
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    by = access.person(request).actor
    forms.done(
        request,
        lambda: services.withdraw(invitation_id, by=by, now=clock()),
        _("The invitation was withdrawn. Its link no longer works."),
    )
    return redirect("people")


@access.require(ADMIN)
@require_GET
def activity(request: HttpRequest) -> HttpResponse:
    """The audit log."""
    page = Paginator(queries.audit(), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": activities.lines(list(page.object_list))}
    return render(request, "people/activity.html", context)


def _person(user_id: int) -> User:
    try:
        return queries.get_person(user_id)
    except NotFound as error:
        raise Http404 from error
