"""Creating and changing publications: every setting checked where it enters."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from newsletter.errors import InvalidInput, all_at_once
from newsletter.issues.models import Publication
from newsletter.selection import rules
from newsletter.staff import services as staff
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

_LINES = {"name": 200, "sender_name": 200, "tagline": 300, "slug": 60, "theme": 40, "language": 20, "time_zone": 64}
"""Settings of a single line, with the lengths of their columns."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ACCENT = re.compile(r"#[0-9a-fA-F]{6}")
_THEME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that end lines or control devices. Joiners (Cf) stay: Persian and emoji need them."""
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e")
"""Would turn the rest of a header or page around; isolates do the honest work."""
LONGEST_USEFUL_LIFE_HOURS = 120
"""RFC 5321 §4.5.4.1: give up after four to five days."""


@dataclass(frozen=True, kw_only=True)
class PublicationSettings:
    """All that a person sets for a publication, but its cadence (`scheduling.services.set_cadence`)."""

    name: str
    list_id: int
    sender_name: str
    sender_address: str
    language: str = "en"
    slug: str = ""
    """Empty: made from the name."""
    theme: str = "gazette"
    accent: str = "#8a1c1c"
    tagline: str = ""
    reply_to: str = ""
    bounce_domain: str = ""
    postal_address: str = ""
    reason: str = ""
    time_zone: str = "UTC"
    empty_slot: str = Publication.EmptySlot.REVIEW
    rule: dict[str, Any] = field(default_factory=dict)
    second_person: bool = False
    uncertain_policy: str = Publication.UncertainPolicy.HOLD
    useful_life_hours: int = 96
    refusal_limit: int = 10
    """Percent of refused recipients at which an issue pauses by itself; 0: never."""


def settings_of(publication: Publication) -> PublicationSettings:
    """The publication's settings, for `dataclasses.replace` and `edit_publication`."""
    return PublicationSettings(**{f.name: getattr(publication, f.name) for f in fields(PublicationSettings)})


def create_publication(*, settings: PublicationSettings, by: str, now: datetime) -> Publication:
    """Create a publication. Raises InvalidInput, naming the field."""
    values = _checked(settings)
    wanted = values.pop("slug")
    slug = wanted or _free_slug(settings.name)
    try:
        with transaction.atomic():
            publication = Publication.objects.create(slug=slug, created_at=now, **values)
            _record(publication, by=by, now=now, action="publication.create", changed=[])
    except IntegrityError as error:
        raise InvalidInput(
            _("There is already a newsletter with the short name “%(slug)s”. Choose another.", slug=slug), field="slug"
        ) from error
    return publication


def edit_publication(publication: Publication, *, settings: PublicationSettings, by: str, now: datetime) -> Publication:
    """Change the settings. Approved issues keep their bytes, sender and audience; what differs is shown on them."""
    values = _checked(settings)
    values["slug"] = values["slug"] or publication.slug
    try:
        with transaction.atomic():
            row = Publication.objects.select_for_update().get(pk=publication.pk)
            changed = [name for name, value in values.items() if getattr(row, name) != value]
            for name in changed:
                setattr(row, name, values[name])
            if changed:
                row.save(update_fields=changed)
                _record(row, by=by, now=now, action="publication.edit", changed=changed)
    except IntegrityError as error:
        raise InvalidInput(
            _(
                "Another newsletter has the short name “%(slug)s”. Nothing was changed. Choose another.",
                slug=values["slug"],
            ),
            field="slug",
        ) from error
    return row


def _record(publication: Publication, *, by: str, now: datetime, action: str, changed: list[str]) -> None:
    detail: dict[str, object] = {"changed": changed} if changed else {}
    staff.record(actor=by, action=action, subject=f"publication:{publication.pk}", now=now, detail=detail)


def _free_slug(name: str) -> str:
    base = slugify(name)[:50].strip("-") or "newsletter"
    taken = set(Publication.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 2
    slug = base
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def check_settings(settings: PublicationSettings) -> None:
    """Raises InvalidInput, or SeveralInvalid for all that cannot be used."""
    _checked(settings)


def _checked(settings: PublicationSettings) -> dict[str, Any]:
    """The settings as columns. Raises InvalidInput."""
    values = asdict(settings)
    all_at_once(
        *(partial(_check_line, values, name, most) for name, most in _LINES.items()),
        *(partial(_check_address, values, name) for name in ("sender_address", "reply_to")),
        *(partial(_check_form, values, *form) for form in _FORMS),
        *(partial(_check_choice, values, *choice) for choice in _CHOICES),
        lambda: zone_of(values["time_zone"]),
        *(partial(_check_number, values, *bounds) for bounds in _NUMBERS),
        lambda: _check_second_person(values),
        lambda: values.update(rule=rules.to_json(rules.parse(values["rule"]))),
    )
    return values


def _check_line(values: dict[str, Any], name: str, most: int) -> None:
    values[name] = one_line(values[name], field=name, most=most)
    if name in {"name", "sender_name"} and not values[name]:
        raise InvalidInput(_("This cannot be empty."), field=name)


def _check_address(values: dict[str, Any], name: str) -> None:
    if values[name] or name == "sender_address":
        values[name] = _address(values[name], field=name)


_FORMS = (
    ("language", _LANGUAGE, _("write a language tag such as en, de or fa")),
    ("accent", _ACCENT, _("write a colour as # and six digits, such as #8a1c1c")),
    ("theme", _THEME, _("write the theme’s name in lower case")),
    ("slug", _SLUG, _("use lower-case letters, digits and single hyphens")),
    ("bounce_domain", _DOMAIN, _("write a domain such as bounces.example.org")),
)
_CHOICES = (("empty_slot", Publication.EmptySlot.values), ("uncertain_policy", Publication.UncertainPolicy.values))


def _check_form(values: dict[str, Any], name: str, pattern: re.Pattern[str], hint: str) -> None:
    value = values[name].strip()
    values[name] = value.lower() if name in {"bounce_domain", "accent"} else value
    empty_is_fine = name in {"slug", "bounce_domain"} and not value
    if not value and not empty_is_fine:
        raise InvalidInput(_missing(hint), field=name)
    if not empty_is_fine and not pattern.fullmatch(values[name]):
        raise InvalidInput(_("“%(typed)s” cannot be used here: %(hint)s.", typed=values[name], hint=hint), field=name)


def _missing(hint: str) -> str:
    return _("This cannot be empty: %(hint)s.", hint=hint)


def _check_choice(values: dict[str, Any], name: str, choices: Sequence[str]) -> None:
    if values[name] not in choices:
        known = ", ".join(choices)
        if not values[name]:
            raise InvalidInput(_("Choose one of: %(choices)s.", choices=known), field=name)
        raise InvalidInput(_("“%(typed)s” is not one of %(known)s.", typed=values[name], known=known), field=name)
    values[name] = str(values[name])


_NUMBERS = (("useful_life_hours", 1, LONGEST_USEFUL_LIFE_HOURS), ("refusal_limit", 0, 100))


def _check_number(values: dict[str, Any], name: str, least: int, most: int) -> None:
    if not least <= values[name] <= most:
        raise InvalidInput(between(least, most), field=name)


def _check_second_person(values: dict[str, Any]) -> None:
    if values["second_person"] and values["empty_slot"] == Publication.EmptySlot.AUTOMATIC:
        raise InvalidInput(
            _("An issue that is sent automatically cannot be approved by a second person. Choose one of the two."),
            field="second_person",
        )


@cache
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises InvalidInput."""
    if not name:
        raise InvalidInput(_missing(_("write a time zone such as Europe/Berlin")), field="time_zone")
    if name not in available_timezones():
        raise InvalidInput(
            _("There is no time zone “%(name)s”. Write one such as Europe/Berlin.", name=name), field="time_zone"
        )
    return ZoneInfo(name)


def between(least: int, most: int) -> str:
    """What is said of a number that is out of bounds."""
    return _("Write a number from %(least)s to %(most)s.", least=Quantity(least), most=Quantity(most))


def one_line(text: str, *, field: str, most: int) -> str:
    """The text without blanks around it; refused when it could break a header, or is too long (trust F5)."""
    text = text.strip()
    if any(unicodedata.category(character) in _BREAKING or character in _OVERRIDES for character in text):
        raise InvalidInput(_("This must be one line, without control characters."), field=field)
    if len(text) > most:
        raise InvalidInput(too_long(text, most=most), field=field)
    return text


def too_long(text: str, *, most: int) -> str:
    """What is said of a text with more than ``most`` characters."""
    return _("This is too long: %(n)s characters, at most %(most)s.", n=Quantity(len(text)), most=Quantity(most))


def _address(text: str, *, field: str) -> str:
    if not text.strip():
        raise InvalidInput(_("Write an e-mail address, such as news@example.org."), field=field)
    local, at, domain = text.strip().rpartition("@")
    try:
        address = f"{local}{at}{domain.encode('idna').decode('ascii').lower()}" if domain else text.strip()
        if not address.isascii():
            raise ValueError
        validate_email(address)
    except (ValueError, ValidationError) as error:
        raise InvalidInput(
            _("“%(typed)s” is not an e-mail address. Write one such as news@example.org.", typed=text.strip()),
            field=field,
        ) from error
    return address
