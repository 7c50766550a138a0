"""Several at once: on both databases the counts and the one mail hold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.core import mail
from django.db import connection
from pytest_django.fixtures import Settings

from newsletter.delivery.models import OutboxMail
from subscribers import api, services
from subscribers.models import ConsentEvent, Subscription
from tests.subscribers.factories import leave_token, make_list, make_subscriber


def at_once(step: Callable[[], object], *, times: int = 8) -> None:
    """Run the step in several threads, each with its own connection."""

    def run(_: int) -> None:
        try:
            step()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(times)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mails")
def test_posts_at_the_same_moment_make_one_mail(now: datetime) -> None:
    """Threat 10: the limit holds under a race."""
    letters = [make_list(), make_list()]

    at_once(lambda: [api.ask_to_join(x.pk, "ana@example.org", form_url="", client="", now=now) for x in letters])

    assert len(mail.outbox) == 1
    assert Subscription.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_leaving_at_the_same_moment_is_told_once(now: datetime) -> None:
    letter = make_list()
    token = leave_token(make_subscriber(letter), letter)

    at_once(lambda: services.leave(token, now=now, method="one-click"))

    assert ConsentEvent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["ana@example.org", "ana@bücher.example", "jörg@example.org"])
def test_the_mail_waits_in_the_outbox_in_the_same_transaction(address: str, now: datetime, settings: Settings) -> None:
    """Threat 11: nothing is sent within the request; U7: the outbox knows it for a confirmation."""
    settings.EMAIL_BACKEND = "newsletter.delivery.outbox.django_backend.EmailBackend"
    api.ask_to_join(make_list().pk, address, form_url="", client="192.0.2.1", now=now)

    waiting = OutboxMail.objects.get()
    assert (waiting.kind, waiting.state) == ("confirmation", "waiting")
    assert b"list-unsubscribe" not in bytes(waiting.message).lower()
