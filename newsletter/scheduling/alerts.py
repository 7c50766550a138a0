"""Telling the editors by mail that an issue waits for them; the mail goes through the outbox."""

from django.conf import settings
from django.core.mail import EmailMessage

from newsletter import conf
from newsletter.staff.models import User


def tell_editors(*, subject: str, text: str) -> int:
    """One mail to each active editor, written in the caller's transaction; how many there were."""
    body = f"{text}\n\n{conf.config().base_url}/\n"
    editors = User.objects.filter(is_active=True, is_editor=True).order_by("pk")
    addresses = list(editors.values_list("email", flat=True))
    for address in addresses:
        EmailMessage(
            subject=subject,
            body=body,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[address],
            headers={"X-Newsletter-Kind": "alert"},
        ).send()
    return len(addresses)
