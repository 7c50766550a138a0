"""The newsroom's people and what was done: for administrators."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter.errors import NotFound
from newsletter.staff import access, queries, services
from newsletter.staff.models import ADMIN, EDITOR, User
from newsletter.web import activity as activities
from newsletter.web import posts
from newsletter.web.forms.team import InvitationForm, RolesForm
from newsletter.web.posts import clock

PAGE = 50


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Everyone, and the way to invite somebody."""
    form = InvitationForm(posts.data(request), initial={"roles": [EDITOR]})
    if form.is_valid():
        email, by = form.cleaned_data["email"], access.user(request).actor
        if form.accepts(lambda: services.invite(email=email, roles=form.chosen, by=by, now=clock())):
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": email})
            return redirect("people")
    context = {"people": queries.people(), "invitations": queries.open_invitations(now=clock()), "form": form}
    return render(request, "people/index.html", context, status=form.status)


@access.require(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """One person's roles; closing the account, opening it again."""
    user = _person(user_id)
    held = [role for role, holds in ((EDITOR, user.is_editor), (ADMIN, user.is_admin)) if holds]
    form = RolesForm(posts.data(request), initial={"roles": held})
    by = access.user(request).actor
    if form.is_valid() and form.accepts(lambda: services.change_roles(user_id, roles=form.chosen, by=by, now=clock())):
        messages.success(request, _("Saved."))
        return redirect("people")
    return render(request, "people/person.html", {"person": user, "form": form}, status=form.status)


@access.require(ADMIN)
@require_POST
def set_active(request: HttpRequest, user_id: int) -> HttpResponse:
    """Close an account, or open it again."""
    user, by = _person(user_id), access.user(request).actor
    active = request.POST.get("active") == "yes"
    said = _("The account of %(name)s is open again.") if active else _("The account of %(name)s is closed.")
    posts.done(
        request, lambda: services.set_active(user_id, active=active, by=by, now=clock()), said % {"name": str(user)}
    )
    return redirect("people")


@access.require(ADMIN)
@require_POST
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    by = access.user(request).actor
    posts.done(
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
        return queries.get_user(user_id)
    except NotFound as error:
        raise Http404 from error
