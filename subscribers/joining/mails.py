"""Mails to a reader about a list: written under the newsletter's name, with its sender, in its language."""

from collections.abc import Mapping

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from subscribers import localization
from subscribers.results import Letterhead


def write(
    name: str, head: Letterhead, context: Mapping[str, object], *, to: str, kind: str = "confirmation"
) -> EmailMultiAlternatives:
    """The mail from the templates of this name. It goes out through Django's mail backend, that is: the outbox."""
    language = localization.page_language(head.language)
    values = {**context, "head": head, "language": language, "direction": localization.direction(language)}
    with translation.override(language):
        text = render_to_string(f"subscribers/mail/{name}.txt", values).strip()
        html = render_to_string(f"subscribers/mail/{name}.html", values)
    message = EmailMultiAlternatives(
        subject=text.partition("\n")[0].strip(),
        body=text + "\n",
        from_email=head.sender or None,
        to=[to],
        reply_to=[head.reply_to] if head.reply_to else None,
        # For the outbox, which takes it off: how long such a mail is worth trying.
        headers={"X-Newsletter-Kind": kind},
    )
    message.attach_alternative(html, "text/html")
    return message
