"""What may be asked about the newsroom's people and what they did."""

import re
from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from newsletter.errors import NotFound
from newsletter.staff.models import AuditEntry, Invitation, User


def people() -> QuerySet[User]:
    """Everyone with an account, the open ones first."""
    return User.objects.order_by("-is_active", "email")


def get_user(user_id: int) -> User:
    """One person. Raises NotFound."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("This person was not found."))
    return user


def open_invitations(*, now: datetime) -> QuerySet[Invitation]:
    """Invitations whose link still works, of people who have no account yet."""
    known = User.objects.values("email")
    return Invitation.objects.filter(used_at__isnull=True, expires_at__gt=now).exclude(email__in=known)


def audit(*, subject: str = "") -> QuerySet[AuditEntry]:
    """The audit log, newest first; of a thing or of all."""
    entries = AuditEntry.objects.order_by("-at", "-pk")
    return entries.filter(subject=subject) if subject else entries


def names(actors: Iterable[str]) -> dict[str, str]:
    """The name to show for each opaque actor."""
    wanted = set(actors)
    ids = {actor.removeprefix("staff:") for actor in wanted if re.fullmatch(r"staff:[0-9]{1,18}", actor)}
    found = {user.actor: str(user) for user in User.objects.filter(pk__in=ids)}
    machines = {
        "command": _("The command line"),
        "scheduler": _("The schedule"),
        "worker": _("The sending process"),
        "automatic": _("The newsletter’s own rule"),
        "": _("Nobody"),
    }
    return {actor: found.get(actor, machines.get(actor, actor)) for actor in wanted}
