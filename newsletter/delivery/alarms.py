"""What the staff must know about sending: told once, shown until it is settled."""

from datetime import datetime

from django.db.models import QuerySet

from newsletter.delivery.models import Alarm
from newsletter.stored import cut

LONGEST = 1_000
"""Characters of an alarm."""


def raise_alarm(*, key: str, text: str, now: datetime, publication: int | None = None) -> bool:
    """Tell the staff, unless the same thing is being told already; True when it is new."""
    if Alarm.objects.filter(key=key, settled_at__isnull=True).exists():
        return False
    alarm = Alarm(key=key[:120], text=cut(text, LONGEST), raised_at=now, publication_id=publication)
    # Two workers may notice at once: the constraint keeps a single alarm.
    Alarm.objects.bulk_create([alarm], ignore_conflicts=True)
    return True


def tell_alarm(*, key: str, text: str, now: datetime) -> None:
    """Raise an alarm; if it stands already, it has these words from now on."""
    if not raise_alarm(key=key, text=text, now=now):
        Alarm.objects.filter(key=key, settled_at__isnull=True).update(text=cut(text, LONGEST))


def settle_alarm(*, key: str, now: datetime) -> bool:
    """Settle the alarm; whether there was any."""
    return bool(Alarm.objects.filter(key=key, settled_at__isnull=True).update(settled_at=now))


def standing() -> QuerySet[Alarm]:
    """Alarms that nobody has settled, newest first."""
    return Alarm.objects.filter(settled_at__isnull=True).select_related("publication").order_by("-raised_at", "-pk")
