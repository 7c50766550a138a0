"""Lists: creating, changing and finding them."""

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext

from subscribers import localization, text_cleaning
from subscribers.errors import InvalidInput, NotFound, all_at_once
from subscribers.models import List, Subscription, Suppression
from subscribers.results import ListSummary
from subscribers.states import SubscriptionState

_TRIES = 5


def namesakes(name: str) -> list[str]:
    """The slugs of lists that have this name already."""
    wanted = name.strip().casefold()
    return [slug for slug, other in List.objects.values_list("slug", "name") if other.casefold() == wanted]


def create(
    *, name: str, now: datetime, language: str = "en", slug: str = "", description: str = "", consent_text: str = ""
) -> List:
    """A new list. Without a slug it is made from the name; without a consent text people agree to the usual words."""
    all_at_once(lambda: _name(name), lambda: _check_slug(slug), lambda: _language(language))
    name, language = _name(name), _language(language)
    wanted = slugify(slug or name)[:50]
    for attempt in range(_TRIES):
        candidate = wanted if wanted and not attempt else f"{wanted or 'list'}-{secrets.token_hex(2)}"
        try:
            with transaction.atomic():
                return List.objects.create(
                    name=name,
                    slug=candidate,
                    language=language,
                    description=description.strip(),
                    consent_text=consent_text.strip() or usual_consent(name=name, language=language),
                    created_at=now,
                )
        except IntegrityError:
            continue
    raise InvalidInput(gettext("No free address could be found for this list. Enter one yourself."), field="slug")


def change(list_: List, *, name: str, language: str, description: str, consent_text: str, open_to_join: bool) -> List:
    """Change a list. A new consent text holds for those who join from now on; evidence keeps what others agreed to."""
    all_at_once(lambda: _name(name), lambda: _language(language), lambda: _check_consent(consent_text))
    list_.name = _name(name)
    list_.language = _language(language)
    list_.description = description.strip()
    list_.consent_text = consent_text.strip()
    list_.open_to_join = open_to_join
    list_.save(update_fields=["name", "language", "description", "consent_text", "open_to_join"])
    return list_


def usual_consent(*, name: str, language: str) -> str:
    """What people agree to, unless the newsroom writes its own words."""
    with translation.override(localization.page_language(language)):
        return gettext(
            "Yes, send me “%(list)s” by e-mail. I can leave at any time, with one click, "
            "by the link at the end of every issue."
        ) % {"list": name}


def find(name: str) -> List:
    """A list by its slug, number or exact name. Raises NotFound."""
    found = List.objects.filter(slug=name).first()
    if found is None and name.isascii() and name.isdigit() and len(name) <= 18:
        found = List.objects.filter(pk=int(name)).first()
    if found is None:
        named = list(List.objects.filter(name=name)[:2])
        found = named[0] if len(named) == 1 else None
    if found is None:
        raise NotFound(gettext("There is no list “%(name)s”. `newsletter lists show` shows them all.") % {"name": name})
    return found


def get(list_id: int) -> List:
    """A list by its id. Raises NotFound."""
    try:
        return List.objects.get(pk=list_id)
    except List.DoesNotExist:
        raise NotFound(gettext("There is no list %(id)s.") % {"id": list_id}) from None


def known(list_id: int) -> List | None:
    """A list by its id, unless it is gone."""
    return List.objects.filter(pk=list_id).first()


def summaries(ids: Iterable[int] | None = None) -> list[ListSummary]:
    """Lists with their counts, by name."""
    rows: QuerySet[List] = List.objects.all()
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    states = [state.value for state in SubscriptionState]
    counts = {state: Count("subscriptions", filter=Q(subscriptions__state=state)) for state in states}
    fields = ("id", "name", "slug", "description", "language", *states)
    # The order said again: a grouped query forgets the model's own.
    found = list(rows.annotate(**counts).order_by("name", "pk").values(*fields))
    # From the few who must not be mailed, not from the many who may: each list page would pay for that.
    barred = Counter(
        Subscription.objects.filter(
            list_id__in=[row["id"] for row in found],
            subscriber__address_index__in=Suppression.objects.values("address_index"),
        ).values_list("list_id", "state")
    )
    return [
        ListSummary(
            **{**row, **{state: row[state] - barred[row["id"], state] for state in states}},
            suppressed=sum(barred[row["id"], state] for state in states),
        )
        for row in found
    ]


def _name(name: str) -> str:
    name = text_cleaning.one_line(name)
    if not name:
        raise InvalidInput(gettext("Give the list a name."), field="name")
    if len(name) > 200:
        raise InvalidInput(gettext("The name can have at most 200 characters."), field="name")
    return name


def _check_slug(slug: str) -> None:
    if slug and (slugify(slug)[:50] != slug or List.objects.filter(slug=slug).exists()):
        raise InvalidInput(
            gettext("“%(slug)s” is taken or not allowed. Choose another, using only a–z, digits and hyphens.")
            % {"slug": slug},
            field="slug",
        )


def _check_consent(text: str) -> None:
    if not text.strip():
        raise InvalidInput(gettext("Write what readers agree to when they join."), field="consent_text")


def _language(language: str) -> str:
    language = language.strip()
    parts = language.split("-")
    if len(language) > 20 or not (2 <= len(parts[0]) <= 3) or not all(p.isascii() and p.isalnum() for p in parts):
        raise InvalidInput(gettext("Write the language as a code, such as en or fa."), field="language")
    return language
