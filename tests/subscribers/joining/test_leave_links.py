"""Leaving without a link at hand: an address is mailed its own, and no link of ours is a dead end."""

import re
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.delivery.models import OutboxMail
from subscribers import addresses, housekeeping, services
from subscribers.joining import leaving, proof_of_work
from subscribers.joining.form_requests import FormRequest
from subscribers.models import ConsentEvent, List, Subscriber, Subscription, Tally
from subscribers.states import SubscriptionState as S
from subscribers.tokens import Scope
from tests.subscribers.factories import FLOOD, leave_token, make_list, make_subscriber, state_of, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails")]


def ask(address: str, *, now: datetime, list_: List | None = None, client: str = "192.0.2.1", given: str = "") -> None:
    wish = FormRequest(address=addresses.normalise(address), form_url="", client=client, proof=given)
    leaving.ask(list_, wish, now=now)


def links(text: object) -> list[str]:
    return re.findall(r"/u/([\w-]+)/", str(text))


def test_an_address_is_mailed_its_own_link_and_leaves_with_it() -> None:
    letter = make_list()
    person = make_subscriber(letter, "Ana@example.org")
    visitor = Client(enforce_csrf_checks=True)

    sent = visitor.post("/leave/", {"email": " ana@EXAMPLE.org "}, follow=True)
    (message,) = mail.outbox
    assert "Check your mail" in sent.content.decode()
    assert message.to == ["Ana@example.org"], "the address that we know, not the one that was typed"
    assert state_of(person, letter) == S.CONFIRMED
    assert links(message.body) == [leave_token(person, letter)]
    ((html, _),) = message.alternatives  # type: ignore[attr-defined]
    assert set(links(html)) == {leave_token(person, letter)}
    visitor.post(f"/u/{leave_token(person, letter)}/", {"action": "leave"})

    assert state_of(person, letter) == S.UNSUBSCRIBED
    assert not visitor.cookies


def test_the_mail_has_the_links_of_all_lists_and_the_one_that_was_asked_for_first(now: datetime) -> None:
    """At most one mail a day, so that it must serve for all of them."""
    first, second, third = (make_list(name=name) for name in "ABC")
    person = make_subscriber(first, "ana@example.org")
    make_subscriber(second, "ana@example.org")
    make_subscriber(third, "ana@example.org", state=S.UNSUBSCRIBED)

    ask("ana@example.org", list_=second, now=now)

    assert links(mail.outbox[0].body) == [leave_token(person, second), leave_token(person, first)]
    assert mail.outbox[0].subject == "Your link to leave “B”"


def test_known_and_unknown_addresses_get_the_same_bytes_and_cost_the_same_statements() -> None:
    """Threat 11: whoever they are, wherever they stand."""
    letter, other = make_list(), make_list()
    known = [f"known{number}@example.org" for number in range(40)]
    for number, address in enumerate(known):
        make_subscriber(letter, address, state=list(S)[number % 3], suppressed=number % 5 == 0)
        if number % 4 == 0:
            make_subscriber(other, address)
    answers, costs = set(), set()
    for number, address in enumerate([*known, *(f"unknown{number}@example.org" for number in range(40))]):
        visitor = Client(REMOTE_ADDR=f"198.51.100.{number}")
        with CaptureQueriesContext(connection) as queries:
            answer = visitor.post("/leave/", {"email": address})
        page = visitor.get(answer.headers["Location"])
        body = re.sub(r'data-(challenge|salt|signature)="[^"]*"', "", page.content.decode())
        answers.add((answer.status_code, answer.content, tuple(answer.headers.items()), body, page.status_code))
        costs.add(len([q for q in queries if "SAVEPOINT" not in q["sql"]]))

    assert len(answers) == 1
    # A mail in the outbox costs one more there; here the stand-in for it is one more count.
    assert max(costs) - min(costs) <= 1
    confirmed = [
        f"known{number}@example.org" for number in range(40) if number % 5 and (number % 3 == 1 or not number % 4)
    ]
    assert sorted(message.to[0] for message in mail.outbox) == sorted(confirmed)


def test_in_the_outbox_known_and_unknown_cost_exactly_the_same(settings: Settings, now: datetime) -> None:
    """Threat 11, with the real outbox."""
    settings.EMAIL_BACKEND = "newsletter.delivery.outbox.django_backend.EmailBackend"
    make_subscriber(make_list(), "ana@example.org")
    costs = {}
    for address in ("ana@example.org", "nobody@example.org"):
        with CaptureQueriesContext(connection) as queries:
            ask(address, now=now)
        costs[address] = len([q for q in queries if "SAVEPOINT" not in q["sql"]])

    assert len(set(costs.values())) == 1, costs
    assert OutboxMail.objects.get().recipient == "ana@example.org"


def test_nothing_is_kept_of_an_address_that_nobody_knows(now: datetime) -> None:
    """Only the counts of the limits, whose names are keyed hashes."""
    ask("nobody@example.org", now=now)

    assert not Subscriber.objects.exists()
    assert not Subscription.objects.exists()
    assert not ConsentEvent.objects.exists()
    assert "nobody" not in str(list(Tally.objects.values()))


@pytest.mark.parametrize("spread", [0, 1])
def test_any_number_of_posts_for_one_address_makes_one_mail(spread: int, now: datetime) -> None:
    """Threat 10: from one network or from many, through any list."""
    lists = [make_list(), make_list()]
    for letter in lists:
        make_subscriber(letter, "ana@example.org")
    for number in range(FLOOD):
        client = f"198.51.{number % 250 * spread}.{number // 250 * spread}"
        ask("Ana@example.org", now=now, list_=lists[number % 2], client=client)
    assert len(mail.outbox) == 1

    ask("ana@example.org", now=now + timedelta(hours=25), client="203.0.113.1")
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(("proved", "mails_allowed"), [(True, 20), (False, 4)])
def test_one_network_may_ask_only_so_often(proved: bool, mails_allowed: int, now: datetime) -> None:
    """Threat 10: as for joining, and counted apart from it."""
    letter = make_list()
    for number in range(25):
        make_subscriber(letter, f"p{number}@example.org")
        given = proof_of_work.solve(proof_of_work.challenge(now=now)) if proved else ""
        ask(f"p{number}@example.org", now=now, client=f"2001:db8:0:1::{number:x}", given=given)

    assert len(mail.outbox) == mails_allowed


def test_reading_the_page_changes_nothing() -> None:
    """Threat 7, also with an address in the question."""
    make_subscriber(make_list(), "ana@example.org")
    with CaptureQueriesContext(connection) as queries:
        for path in ("/leave/", "/leave/?sent", "/leave/?email=ana@example.org", "/u/test/", "/u/", "/c/"):
            for answer in (Client().get(path), Client().head(path)):
                assert not answer.cookies
                assert answer.headers["Cache-Control"] == "no-store"
                assert "ana@" not in answer.content.decode()
    assert [q for q in queries if q["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}] == []
    assert mail.outbox == []


@pytest.mark.parametrize("typed", ["", "ana", "ana@", "ana@example", "Ana <ana@example.org>", '"><script>@x'])
@pytest.mark.parametrize("path", ["/leave/", "/join/"])
def test_what_is_no_address_is_said_beside_the_field_and_kept(path: str, typed: str) -> None:
    """No mail is spoken of as if it were on its way."""
    letter = make_list()
    answer = Client().post(path if path == "/leave/" else f"/join/{letter.slug}/", {"email": typed})
    page = answer.content.decode()

    assert answer.status_code == 400
    assert 'id="email-error"' in page
    assert 'aria-invalid="true"' in page
    assert "on its way" not in page
    assert "Check your mail" not in page
    assert f'value="{typed}"' in page or "<" in typed
    assert "<script>@x" not in page
    assert mail.outbox == []
    assert not Tally.objects.exists(), "a slip of the hand is not counted"


def test_a_script_that_fills_the_hidden_field_gets_nothing() -> None:
    make_subscriber(make_list(), "ana@example.org")
    Client().post("/leave/", {"email": "ana@example.org", "website": "https://spam.example"})
    assert mail.outbox == []


@pytest.mark.parametrize("path", ["/u/x/", "/u/", "/c/", "/u/abc/)/", "/c/abc/x/y/", "/c/abc/gone/"])
def test_a_damaged_link_leads_to_a_new_one(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert 'href="/leave/"' in answer.content.decode()


def test_the_link_of_a_test_mail_says_what_it_is() -> None:
    for answer in (Client().get("/u/test/"), Client().post("/u/test/", {"action": "leave"})):
        assert answer.status_code == 200
        assert "comes from a test mail" in answer.content.decode()
        assert 'href="/leave/"' in answer.content.decode()


def test_a_confirmation_link_that_is_too_old_leads_to_the_form(client: Client) -> None:
    """Also once nobody is known by it any more; and a closed form is not offered."""
    letter = make_list()
    client.post(f"/join/{letter.slug}/", {"email": "ana@example.org"})
    link = re.search(r"/c/[\w-]+/[\w-]+/", str(mail.outbox[0].body))
    assert link
    assert client.get(link[0]).status_code == 200
    Subscription.objects.update(created_at=timezone.now() - timedelta(days=7, minutes=1))

    for _ in range(2):
        for answer in (client.get(link[0]), client.post(link[0], {"text_version": "x"})):
            assert answer.status_code == 404
            assert f'href="/join/{letter.slug}/"' in answer.content.decode()
        housekeeping.purge(now=timezone.now())
    assert not Subscription.objects.exists()
    List.objects.update(open_to_join=False)
    assert "/join/" not in client.get(link[0]).content.decode()


def test_a_confirmation_link_of_somebody_suppressed_tells_nothing(client: Client, now: datetime) -> None:
    letter = make_list()
    person = make_subscriber(letter, "ana@example.org", state=S.PENDING)
    Subscription.objects.update(confirmation_sent_at=now, created_at=timezone.now())
    token = token_of(person, letter, Scope.CONFIRM)
    services.suppress("ana@example.org", reason="asked", now=now)
    known = client.get(f"/c/{token}/{letter.slug}/")
    unknown = client.get(f"/c/{token[::-1]}/{letter.slug}/")

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def test_a_wrong_address_of_a_form_speaks_of_the_form_and_of_no_mail(client: Client) -> None:
    closed = make_list(open_to_join=False)
    pages = {client.get(path).content for path in ("/join/nothing/", f"/join/{closed.slug}/", "/join/nothing/done/")}
    (page,) = pages
    assert b"There is no form here" in page
    assert b"mail" not in page.lower().split(b"<main")[1].split(b"</main>")[0]


def test_one_who_left_and_one_who_is_too_late_find_the_way_back(client: Client, now: datetime) -> None:
    letter = make_list()
    person = make_subscriber(letter, state=S.UNSUBSCRIBED, left_at=now)
    url = f"/u/{leave_token(person, letter)}/"
    undo = {"action": "return", "undo": token_of(person, letter, Scope.UNDO)}
    for page in (client.get(url), client.post(url, {"action": "leave"}), client.post(url, undo)):
        assert f'href="/join/{letter.slug}/"' in page.content.decode()


def test_one_who_is_on_the_list_and_joins_again_is_told_how_to_leave(client: Client) -> None:
    letter = make_list()
    person = make_subscriber(letter, "ana@example.org")
    client.post(f"/join/{letter.slug}/", {"email": "ana@example.org"})
    assert links(mail.outbox[0].body) == [leave_token(person, letter)]
