"""The public pages of a list: join, confirm, leave. No cookie, no redirect for mail clients; GET never writes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from subscribers import addresses, branding, conf, services, tokens
from subscribers.errors import BadAddress
from subscribers.joining import form_requests, subscribing
from subscribers.models import List, Subscription
from subscribers.pages import public_base
from subscribers.pages.public_base import public
from subscribers.results import Left
from subscribers.states import SubscriptionState

DEAD = "This link does not work.\n"
"""What a mail client is told of a link that is not ours."""


@public
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of one list. What it answers depends on what was typed, never on who is known here."""
    list_ = _open_list(slug)
    if list_ is None:
        return public_base.page(request, "no_form.html", None, {}, status=404)
    now = timezone.now()
    error: BadAddress | None = None
    if request.method == "POST":
        try:
            subscribing.ask(list_, form_requests.of(request), now=now)
        except BadAddress as bad:
            error = bad
        else:
            return redirect("join_done", slug=slug)
    return public_base.page(request, "join.html", list_, public_base.form(request, now=now), error=error)


@public
def join_done(request: HttpRequest, slug: str) -> HttpResponse:
    """What happens next; the same for everyone."""
    list_ = _open_list(slug)
    if list_ is None:
        return public_base.page(request, "no_form.html", None, {}, status=404)
    return public_base.page(request, "join_done.html", list_, {})


@public
def confirm(request: HttpRequest, token: str, slug: str = "") -> HttpResponse:
    """The exact words of the consent and a button; only pressing it confirms (trust threat 8, L1).

    ``slug`` names the list to join again with, when the link is too old and nobody is known by it any more.
    """
    asked, now = subscribing.asked_by(token), timezone.now()
    if asked is None:
        return _too_old(request, slug)
    subscription, sending = asked
    list_ = subscription.list
    if not subscribing.can_confirm(subscription, sending, now=now):
        return _too_old(request, list_.slug)
    head = branding.of(list_)
    version = services.text_version(branding.consent_of(list_, head).text)
    # The words may have changed while the page lay open: then the new ones are shown, and nothing is agreed to yet.
    if request.method == "POST" and request.POST.get("text_version") == version:
        url = conf.settings().base_url + reverse("join", args=[list_.slug])
        if not subscribing.confirm(token, form_url=url, now=now):
            return _too_old(request, list_.slug)
        return public_base.page(request, "confirmed.html", list_, {})
    if subscription.state == SubscriptionState.CONFIRMED:
        return public_base.page(request, "confirmed.html", list_, {})
    context = {"text_version": version, "address": _hint(subscription)}
    return public_base.page(request, "confirm.html", list_, context)


@public
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Leave: at once for a mail client's POST (trust U2), with a button for people, with an undo for an hour."""
    now = timezone.now()
    if request.method == "POST" and _is_one_click(request):
        left = services.leave(token, now=now, method="one-click")
        text = "You have left this list.\n" if left else DEAD
        return HttpResponse(text, content_type="text/plain; charset=utf-8", status=200 if left else 404)
    action = request.POST.get("action", "") if request.method == "POST" else ""
    subscription = services.subscription_of(token, tokens.Scope.LEAVE)
    if subscription is None:
        return no_link(request)
    if action == "leave":
        left = services.leave(token, now=now, method="page")
        return _left(request, subscription, left) if left else no_link(request)
    if action == "return":
        back = _same(subscription, request.POST.get("undo", "")) and (
            services.undo(request.POST["undo"], now=now) or subscription.state == SubscriptionState.CONFIRMED
        )
        return public_base.page(request, "returned.html" if back else "too_late.html", subscription.list, {})
    context = {
        "address": _hint(subscription),
        "gone": subscription.state == SubscriptionState.UNSUBSCRIBED,
    }
    return public_base.page(request, "leave.html", subscription.list, context)


def _left(request: HttpRequest, subscription: Subscription, left: Left) -> HttpResponse:
    return public_base.page(request, "left.html", subscription.list, {"undo_token": left.undo_token})


def _hint(subscription: Subscription) -> str:
    """The address, masked; isolated, so that it keeps its order within a sentence from right to left."""
    return f"\u2068{addresses.masked(addresses.of(subscription.subscriber))}\u2069"


def _same(subscription: Subscription, undo_token: str) -> bool:
    """The undo belongs to the page's own subscription, not to another."""
    named = tokens.read(undo_token, tokens.Scope.UNDO, keys=conf.settings().token_keys)
    return named is not None and named == bytes(subscription.public_id)


def _is_one_click(request: HttpRequest) -> bool:
    """RFC 8058 §3.2: the body is the form field `List-Unsubscribe=One-Click`, urlencoded or multipart."""
    if request.POST.get("List-Unsubscribe") == "One-Click":
        return True
    # Some clients send the field and forget to say what it is.
    known = ("application/x-www-form-urlencoded", "multipart/form-data")
    return request.content_type not in known and request.body[:64].strip() == b"List-Unsubscribe=One-Click"


@public
def no_link(request: HttpRequest, **_: str) -> HttpResponse:
    """One answer for every link that is not ours, not whole, or not open any more (trust U4, threat 12)."""
    if request.method == "POST" and _is_one_click(request):
        return HttpResponse(DEAD, content_type="text/plain; charset=utf-8", status=404)
    return public_base.page(request, "no_link.html", None, {}, status=404)


def _too_old(request: HttpRequest, slug: str) -> HttpResponse:
    """The way to a fresh confirmation, where the list is known and open: no matter why this link does not work."""
    list_ = _open_list(slug)
    return no_link(request) if list_ is None else public_base.page(request, "too_old.html", list_, {}, status=404)


def _open_list(slug: str) -> List | None:
    return List.objects.filter(slug=slug, open_to_join=True).first() if slug else None
