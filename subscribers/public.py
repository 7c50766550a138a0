"""The public pages: join, confirm, leave. No cookie, no session, no redirect for mail clients; GET never writes."""

from collections.abc import Callable, Mapping
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from subscribers import addresses, conf, joining, lists, proof, services, tokens
from subscribers.errors import BadAddress
from subscribers.models import List, Subscription
from subscribers.results import Left
from subscribers.states import SubscriptionState

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """Open to everyone, kept by nobody: the address of such a page may hold a token.

    No CSRF token: nothing here acts for a signed-in person, what acts is the token that the request brings, and a
    mail client that posts (RFC 8058) has neither cookie nor page.
    """

    # A robot's HEAD is answered like a GET; anything else than reading and posting is refused.
    answer = require_http_methods(["GET", "HEAD", "POST"])(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        # Django refuses a form whose sender names another charset, and mail providers name all kinds (trust U2).
        request.encoding = "utf-8"
        response = answer(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return csrf_exempt(login_not_required(guarded))


@public
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of one list. What it answers depends on what was typed, never on who is known here."""
    list_ = List.objects.filter(slug=slug).first()
    if list_ is None or not list_.open_to_join:
        return _nothing_here(request)
    now = timezone.now()
    typed, error = request.POST.get("email", "").strip(), ""
    if request.method == "POST":
        try:
            address = addresses.normalise(typed)
        except BadAddress:
            error = "address"
        else:
            wish = joining.Wish(
                address=address,
                form_url=conf.settings().base_url + request.path,
                client=request.META.get("REMOTE_ADDR", ""),
                proof=request.POST.get("proof", ""),
                trap=request.POST.get("website", ""),
            )
            joining.ask(list_, wish, now=now)
            return redirect("join_done", slug=slug)
    context = {"list": list_, "typed": typed[:320], "error": error, "challenge": proof.challenge(now=now)}
    return _page(request, "join.html", list_, context, status=400 if error else 200)


@public
def join_done(request: HttpRequest, slug: str) -> HttpResponse:
    """What happens next; the same for everyone."""
    list_ = List.objects.filter(slug=slug).first()
    if list_ is None:
        return _nothing_here(request)
    return _page(request, "join_done.html", list_, {})


@public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The exact words of the consent and one button; only pressing it confirms (trust threat 8, L1)."""
    subscription = services.subscription_of(token, tokens.Scope.CONFIRM)
    now = timezone.now()
    if subscription is None or not joining.can_confirm(subscription, now=now):
        return _nothing_here(request)
    list_ = subscription.list
    version = services.text_version(list_.consent_text)
    # The words may have changed while the page lay open: then the new ones are shown, and nothing is agreed to yet.
    if request.method == "POST" and request.POST.get("text_version") == version:
        url = conf.settings().base_url + reverse("join", args=[list_.slug])
        if not joining.confirm(token, form_url=url, now=now):
            return _nothing_here(request)
        return _page(request, "confirmed.html", list_, {})
    if subscription.state == SubscriptionState.CONFIRMED:
        return _page(request, "confirmed.html", list_, {})
    context = {"text_version": version, "address": addresses.masked(addresses.of(subscription.subscriber))}
    return _page(request, "confirm.html", list_, context)


@public
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Leave: at once for a mail client's POST (trust U2), with one button for people, with an undo for an hour."""
    now = timezone.now()
    if request.method == "POST" and _is_one_click(request):
        left = services.leave(token, now=now, method="one-click")
        text = "You have left this list.\n" if left else "This link does not work.\n"
        return HttpResponse(text, content_type="text/plain; charset=utf-8", status=200 if left else 404)
    action = request.POST.get("action", "") if request.method == "POST" else ""
    subscription = services.subscription_of(token, tokens.Scope.LEAVE)
    if subscription is None:
        return _nothing_here(request)
    if action == "leave":
        left = services.leave(token, now=now, method="page")
        return _left(request, subscription, left) if left else _nothing_here(request)
    if action == "return":
        back = _same(subscription, request.POST.get("undo", "")) and services.undo(request.POST["undo"], now=now)
        return _page(request, "returned.html" if back else "too_late.html", subscription.list, {})
    context = {
        "address": addresses.masked(addresses.of(subscription.subscriber)),
        "gone": subscription.state == SubscriptionState.UNSUBSCRIBED,
    }
    return _page(request, "leave.html", subscription.list, context)


def _left(request: HttpRequest, subscription: Subscription, left: Left) -> HttpResponse:
    return _page(request, "left.html", subscription.list, {"undo_token": left.undo_token})


def _same(subscription: Subscription, undo_token: str) -> bool:
    """The undo belongs to the page's own subscription, not to another one's."""
    named = tokens.read(undo_token, tokens.Scope.UNDO, keys=conf.settings().token_keys)
    return named is not None and named == bytes(subscription.public_id)


def _is_one_click(request: HttpRequest) -> bool:
    """RFC 8058 §3.2: the body is the form field `List-Unsubscribe=One-Click`, urlencoded or multipart."""
    if request.POST.get("List-Unsubscribe") == "One-Click":
        return True
    # Some clients send the field and forget to say what it is.
    known = ("application/x-www-form-urlencoded", "multipart/form-data")
    return request.content_type not in known and request.body[:64].strip() == b"List-Unsubscribe=One-Click"


def _page(
    request: HttpRequest, template: str, list_: List, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """A page in the list's language and direction, or in English around it when we do not speak it."""
    language = lists.page_language(list_.language)
    about = {
        "list": list_,
        "list_language": list_.language,
        "list_direction": lists.direction(list_.language),
        "language": language,
        "direction": lists.direction(language),
    }
    with translation.override(language):
        response = render(request, f"subscribers/{template}", {**about, **context}, status=status)
    response.headers["Content-Language"] = language
    return response


def _nothing_here(request: HttpRequest) -> HttpResponse:
    """One answer for every link that is not ours, not whole, or not open any more (trust U4, threat 12)."""
    if request.method == "POST" and _is_one_click(request):
        return HttpResponse("This link does not work.\n", content_type="text/plain; charset=utf-8", status=404)
    language = translation.get_language() or "en"
    context = {
        "language": language,
        "direction": lists.direction(language),
        "heading": gettext("This link does not work"),
    }
    return render(request, "subscribers/no_link.html", context, status=404)
