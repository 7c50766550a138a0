"""django-newsletter's own way of sending: a submission to its subscribers, `Submission.submit()`, with its defaults.

`rival_django_newsletter.py PORT MESSAGES DIGEST.json BYTES FOLDER` prints the seconds of `submit()`, as JSON. Its
database is SQLite in that folder; its articles are padded until a message has as many bytes as ours.
"""

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.utils import timezone

ARTICLES = 6


def configure(port: int, folder: Path) -> None:
    settings.configure(
        SECRET_KEY="a measurement's",  # noqa: S106
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sites",
            "sorl.thumbnail",
            "newsletter",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "rival.sqlite3"}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        ROOT_URLCONF="newsletter.urls",
        SITE_ID=1,
        USE_TZ=True,
        NEWSLETTER_THUMBNAIL="sorl-thumbnail",
        NEWSLETTER_USE_HTTPS=True,
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        STATIC_URL="/static/",
        MEDIA_ROOT=str(folder),
    )
    django.setup()


def fill(messages: int, digest: dict[str, str], size: int) -> Any:
    """A submission of the digest's words to that many subscribers."""
    from django.contrib.sites.models import Site
    from django.core.management import call_command

    from newsletter.models import Article, Message, Newsletter, Submission, Subscription

    call_command("migrate", verbosity=0)
    letter = Newsletter.objects.create(
        title="The Harbour Letter", slug="harbour", email="letter@harbour.example", sender="The Harbour"
    )
    letter.site.add(Site.objects.get_current())
    Subscription.objects.bulk_create(
        Subscription(
            newsletter=letter,
            name_field=f"Reader {number}",
            email_field=f"reader{number}@example.org",
            subscribed=True,
            subscribe_date=timezone.now(),
        )
        for number in range(messages)
    )
    mail = Message.objects.create(newsletter=letter, title="The tide turns at the harbour", slug="tide")
    words = re.sub(r"\s+", " ", digest["text"]).split(" ")
    share = len(words) // ARTICLES
    made = [
        Article.objects.create(
            post=mail,
            title=f"Story {number + 1}",
            sortorder=(number + 1) * 10,
            url=f"https://harbour.example/stories/{number + 1}",
            text=f"<p>{_lines(words[number * share : (number + 1) * share])}</p>",
        )
        for number in range(ARTICLES)
    ]
    submission = Submission.from_message(mail)
    missing = size - bytes_of(submission)
    if missing > 0:  # the words stand in both parts, as in ours
        made[-1].text += "<p>" + _lines(["harbour"] * ((missing // 2 - 7) // 8)) + "</p>"
        made[-1].save()
    return Submission.objects.get(pk=submission.pk)


def _lines(words: list[str]) -> str:
    return "\n".join(" ".join(words[at : at + 10]) for at in range(0, len(words), 10))


def bytes_of(submission: Any) -> int:
    first = submission.subscriptions.first()
    return len(submission.get_message(first).message().as_bytes(linesep="\r\n"))


def main() -> None:
    port, messages, digest, size, folder = sys.argv[1:]
    configure(int(port), Path(folder))
    submission = fill(int(messages), json.loads(Path(digest).read_text()), int(size))
    taken = bytes_of(submission)
    began = time.monotonic()
    submission.submit()
    seconds = time.monotonic() - began
    sys.stdout.write(json.dumps({"messages": int(messages), "seconds": seconds, "bytes": taken}))


if __name__ == "__main__":
    main()
