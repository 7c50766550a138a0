"""The audit log as sentences: who did what to what, with a link to it; what a deed recorded thrice is told once."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from newsletter.delivery.models import Transport
from newsletter.delivery.states import DeliveryState
from newsletter.errors import InvalidInput
from newsletter.issues.models import Issue, Publication
from newsletter.scheduling import cadence
from newsletter.staff import queries
from newsletter.staff.models import ADMIN, EDITOR, AuditEntry, User
from newsletter.stored import told
from newsletter.translation import isolated, number, translated
from newsletter.web import times, words

APPROVING = "issue.approve"
_PART_OF_APPROVING = frozenset({"issue.draft", "issue.approved", "issue.scheduled"})
"""Steps of the state that an approval takes: told by the approval itself."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What something was done to."""

    name: str
    url: str = ""
    """Empty: it is not there any more, or has no page."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One deed."""

    at: datetime
    who: str
    what: str
    thing: Thing | None
    notes: Sequence[str]


def lines(entries: Sequence[AuditEntry]) -> list[Line]:
    """Each deed once, in the order they are given."""
    names = queries.names(entry.actor for entry in entries)
    approved = {_deed(entry) for entry in entries if entry.action == APPROVING}
    parts = [line for line in entries if line.action in _PART_OF_APPROVING and _deed(line) in approved]
    reasons = {_deed(part): part.detail["reason"] for part in parts if part.detail.get("reason")}
    told_once = [line for line in entries if line not in parts]
    things = _things({entry.subject for entry in told_once})
    return [
        Line(
            at=entry.at,
            who=names[entry.actor],
            what=words.action(entry.action),
            thing=things.get(entry.subject),
            notes=_notes(entry, reason=reasons.get(_deed(entry), "") if entry.action == APPROVING else ""),
        )
        for entry in told_once
    ]


def _deed(entry: AuditEntry) -> tuple[datetime, str, str]:
    return entry.at, entry.actor, entry.subject


def _things(subjects: set[str]) -> dict[str, Thing]:
    """By subject, such as ``issue:4``; without those that stand for nothing by themselves."""
    found: dict[str, Thing] = {}
    for issue in Issue.objects.select_related("publication").filter(pk__in=_ids(subjects, "issue")):
        found[f"issue:{issue.pk}"] = Thing(name=str(issue), url=reverse("issue", args=[issue.pk]))
    for publication in Publication.objects.filter(pk__in=_ids(subjects, "publication")):
        found[f"publication:{publication.pk}"] = Thing(
            name=publication.name, url=reverse("publication", args=[publication.slug])
        )
    for user in User.objects.filter(pk__in=_ids(subjects, "staff")):
        found[user.actor] = Thing(name=str(user), url=reverse("person", args=[user.pk]))
    servers = set(Transport.objects.values_list("name", flat=True))
    for subject in subjects - set(found):
        room, _colon, name = subject.partition(":")
        if room == "transport":
            found[subject] = Thing(name=name, url=reverse("server", args=[name]) if name in servers else "")
        elif room == "limit":
            kind, _colon, key = name.partition(":")
            found[subject] = Thing(name=f"{words.LIMIT_KIND.get(kind, kind)} {key}", url=reverse("limits"))
        elif room == "dkim":
            found[subject] = Thing(name=name)
    return found


def _ids(subjects: set[str], room: str) -> list[int]:
    wanted = [subject.removeprefix(f"{room}:") for subject in subjects if subject.startswith(f"{room}:")]
    return [int(pk) for pk in wanted if pk.isascii() and pk.isdigit() and len(pk) <= 18]


def _notes(entry: AuditEntry, *, reason: str) -> list[str]:
    """What was recorded with it, as far as it says something to a person; ``reason``: what a part of it gave."""
    detail = {"reason": reason} | entry.detail if reason else entry.detail
    told_notes = [_TOLD[key](value) for key, value in detail.items() if key in _TOLD]
    return [note for note in told_notes if note]


def _when(value: object) -> str:
    if not value:
        return ""
    with suppress(ValueError):
        return _("Goes out on %(when)s.") % {"when": times.moment(datetime.fromisoformat(str(value)))}
    return ""


def _sentence(value: object) -> str:
    return str(translated(told(str(value))))


def _listed(labels: Sequence[str]) -> str:
    return _(", ").join(labels)


def _rhythm(rule: str) -> str:
    try:
        return str(translated(cadence.describe(rule))) if rule else ""
    except InvalidInput:  # of an earlier version
        return str(isolated(rule))


def _changed(value: object) -> str:
    known = [str(FIELDS[name]) for name in value if name in FIELDS] if isinstance(value, list) else []
    return _("Changed: %(fields)s") % {"fields": _listed(known)} if known else ""


def _roles(value: object) -> str:
    known = [str(ROLES[name]) for name in value if name in ROLES] if isinstance(value, list) else []
    return _("Roles: %(roles)s") % {"roles": _listed(known) or _("none")}


def _count(value: object) -> str:
    n = value if isinstance(value, int) else 0
    return ngettext("%(n)s mail", "%(n)s mails", n) % {"n": number(n)}


def _kinds(value: object) -> str:
    known = {*words.KIND, *DeliveryState}
    return _listed(
        [str(words.failed(kind).label) for kind in value if kind in known] if isinstance(value, list) else []
    )


def _bound(seconds: int) -> Callable[[object], str]:
    def told_bound(value: object) -> str:
        with suppress(ValueError):
            return str(words.LIMIT_BOUND[seconds]) % {"bound": number(float(str(value)))}
        return ""

    return told_bound


def _warm_up(value: object) -> str:
    return _("Warm-up: %(how)s") % {"how": words.WARM_UP.get(str(value), str(value))} if value else ""


def _state(value: object) -> str:
    return str(words.DELIVERY[str(value)].label) if str(value) in words.DELIVERY else ""


_TOLD: dict[str, Callable[[object], str]] = {
    "what": _sentence,
    "reason": _sentence,
    "send_at": _when,
    "voided": lambda value: _("Its approval no longer holds.") if value else "",
    "changed": _changed,
    "roles": _roles,
    "count": _count,
    "kinds": _kinds,
    "state": _state,
    "addresses": lambda value: _("With addresses.") if value else _("Without addresses."),
    "domain": lambda value: isolated(str(value)),
    "rule": lambda value: _rhythm(str(value)) or _("No schedule."),
    "per_second": _bound(1),
    "per_minute": _bound(60),
    "per_hour": _bound(3_600),
    "per_day": _bound(86_400),
    "warm_up": _warm_up,
}
"""How each of them is told; digests, versions and the like are for machines."""

ROLES: dict[str, str | Promise] = {EDITOR: gettext_lazy("Editor"), ADMIN: gettext_lazy("Administrator")}

FIELDS: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "tagline": gettext_lazy("Tagline"),
    "language": gettext_lazy("Language"),
    "accent": gettext_lazy("Accent colour"),
    "slug": gettext_lazy("Short name"),
    "list_id": gettext_lazy("List of subscribers"),
    "sender_name": gettext_lazy("Sender’s name"),
    "sender_address": gettext_lazy("Sender’s address"),
    "reply_to": gettext_lazy("Replies go to"),
    "bounce_domain": gettext_lazy("Bounce domain"),
    "postal_address": gettext_lazy("Postal address"),
    "reason": gettext_lazy("Why readers get it"),
    "time_zone": gettext_lazy("Time zone"),
    "cadence": gettext_lazy("Schedule"),
    "empty_slot": gettext_lazy("If no issue is approved when the time comes"),
    "max_stories": gettext_lazy("Maximum number of suggested stories"),
    "second_person": gettext_lazy("Someone other than the last editor has to approve each issue"),
    "uncertain_policy": gettext_lazy("When nobody knows whether a mail was accepted"),
    "useful_life_hours": gettext_lazy("Keep trying for this many hours"),
    "refusal_limit": gettext_lazy("Pause an issue when this percentage of recipients is refused"),
    "host": gettext_lazy("Server"),
    "port": gettext_lazy("Port"),
    "tls": gettext_lazy("Encryption"),
    "auth": gettext_lazy("How to sign in"),
    "user": gettext_lazy("User"),
    "secret": gettext_lazy("Password or token"),
    "max_connections": gettext_lazy("Connections, at most"),
    "messages_per_connection": gettext_lazy("Messages per connection, at most"),
    "seconds_per_connection": gettext_lazy("Seconds per connection, at most"),
    "max_bytes": gettext_lazy("Bytes per message, at most"),
    "enabled": gettext_lazy("In use"),
    "role": gettext_lazy("Role"),
    "weight": gettext_lazy("Weight"),
    "serves_all": gettext_lazy("Newsletters it sends"),
    "publications": gettext_lazy("Newsletters it sends"),
}
"""Labels of the fields that the log names as changed."""
