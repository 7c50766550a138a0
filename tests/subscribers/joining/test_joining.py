"""Joining from outside: one mail, one answer for all, and only the person's own button confirms."""

import re
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from subscribers import addresses, services, tokens
from subscribers.joining import leaving, proof_of_work, subscribing
from subscribers.joining.form_requests import FormRequest
from subscribers.models import ConsentEvent, List, Subscriber, Subscription
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import FLOOD, make_list, make_subscriber, state_of, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails")]


def ask(
    list_: List, address: str, *, now: datetime, client: str = "192.0.2.1", given: str = "", trap: str = ""
) -> None:
    wish = FormRequest(
        address=addresses.normalise(address), form_url="https://x/join/", client=client, proof=given, trap=trap
    )
    subscribing.ask(list_, wish, now=now)


def test_a_newcomer_is_pending_until_the_button_is_pressed(client: Client) -> None:
    """L1: pending until the POST on the confirmation page; evidence holds time, list, exact text, version, language."""
    letter = make_list(consent_text="Yes, the harbour letter.")
    client.post(f"/join/{letter.slug}/", {"email": "ana@example.org"})
    (message,) = mail.outbox
    link = re.search(r"/c/[\w-]+/", str(message.body))
    assert link
    assert message.extra_headers == {"X-Newsletter-Kind": "confirmation"}
    person = Subscriber.objects.get()
    assert state_of(person, letter) == S.PENDING

    page = client.get(link[0])
    assert "Yes, the harbour letter." in page.content.decode()
    assert state_of(person, letter) == S.PENDING
    version = services.text_version(letter.consent_text)
    done = client.post(link[0], {"text_version": version})

    assert done.status_code == 200
    assert state_of(person, letter) == S.CONFIRMED
    assert Subscription.objects.get().basis == "form"
    asked, confirmed = ConsentEvent.objects.order_by("pk")
    assert (asked.kind, confirmed.kind) == ("requested", "confirmed")
    assert (confirmed.text, confirmed.text_version, confirmed.language) == ("Yes, the harbour letter.", version, "en")
    assert confirmed.list_id == letter.pk
    assert confirmed.form_url.endswith(f"/join/{letter.slug}/")
    assert confirmed.token_id == tokens.fingerprint(token_of(person, letter, tokens.Scope.CONFIRM))


def test_words_that_changed_while_the_page_lay_open_are_shown_again(client: Client) -> None:
    letter = make_list()
    client.post(f"/join/{letter.slug}/", {"email": "ana@example.org"})
    person = Subscriber.objects.get()
    token = token_of(person, letter, tokens.Scope.CONFIRM)
    List.objects.filter(pk=letter.pk).update(consent_text="Other words.")

    page = client.post(f"/c/{token}/", {"text_version": services.text_version(letter.consent_text)})

    assert "Other words." in page.content.decode()
    assert state_of(person, letter) == S.PENDING


def test_any_number_of_posts_for_one_address_makes_one_mail(now: datetime) -> None:
    """Threat 10: each from a network of its own, with its own proof or none."""
    letter, other = make_list(), make_list()
    for number in range(FLOOD):
        ask(
            letter if number % 3 else other, "Ana@example.org", now=now, client=f"198.51.{number % 250}.{number // 250}"
        )

    assert len(mail.outbox) == 1


def test_one_address_gets_one_mail_a_day_and_three_in_all(now: datetime) -> None:
    """Threat 10."""
    letter = make_list()
    for hours in range(0, 7 * 24, 6):
        ask(letter, "ana@example.org", now=now + timedelta(hours=hours), client=f"203.0.113.{hours}")

    assert len(mail.outbox) == 3


@pytest.mark.parametrize(
    ("spellings", "most"),
    [
        (["ana@example.org", "ANA@Example.org", "aNa@example.ORG"], 1),
        (["ana+a@example.org", "ana+b+c@example.org", "ANA+@example.org"], 1),
        (["ana.diaz@gmail.com", "A.N.A.Diaz@googlemail.com", "anadiaz@gmail.com"], 1),
        (["ana.diaz@gmail.com", "anadiaz@gmail.com", "A.N.A.Diaz@googlemail.com", "anadiaz+news@gmail.com"], 2),
        (["ana.diaz@proton.me", "ana-diaz@protonmail.com", "ana_diaz@pm.me"], 1),
        (["ana@icloud.com", "ana@me.com", "ANA@mac.com"], 1),
        (["ana-a@yahoo.com", "ana-b-c@yahoo.com", "ANA-+@yahoo.com"], 1),
        (["ana.diaz@yandex.ru", "ana-diaz@ya.ru", "Ana.Diaz@yandex.com.tr", "ana-diaz@yandex.kz"], 1),
        (["a@ana.fastmail.com", "b+x@ana.fastmail.com", "ana+c@fastmail.com"], 1),
    ],
)
def test_one_mailbox_gets_one_mail_a_day_however_its_address_is_written(
    spellings: list[str], most: int, now: datetime
) -> None:
    """Threat 10: dots, tags, case and the provider's other names make many addresses of one mailbox.

    Two at most: names with a tag count apart.
    """
    letter = make_list()
    for number in range(40):
        address = spellings[number % len(spellings)].replace("+", f"+{number}")
        ask(letter, address, now=now + timedelta(minutes=number), client=f"198.51.100.{number}")
    assert len(mail.outbox) == most
    assert Subscriber.objects.count() == most, "what is not asked is not kept"


def test_one_mailbox_gets_three_mails_a_week_about_one_list(now: datetime) -> None:
    """Threat 10."""
    letter = make_list()
    for day in range(7):
        ask(letter, f"ana+{day}@example.org", now=now + timedelta(days=day, minutes=day))
    assert len(mail.outbox) == 3


@pytest.mark.parametrize(
    ("plain", "varied"),
    [
        ("ana@example.org", "ana+{}@example.org"),
        ("ana@gmail.com", "a.n.a+{}@gmail.com"),
        ("jo.ann@gmail.com", "jo.ann+{}@gmail.com"),
        ("jo.ann@gmail.com", "joann+{}@googlemail.com"),
        ("jo_ann@proton.me", "jo.ann+{}@pm.me"),
        ("ana@me.com", "ana+{}@icloud.com"),
        ("ana@yahoo.com", "ana-{}@yahoo.com"),
        ("ana@fastmail.com", "{}@ana.fastmail.com"),
    ],
)
def test_strangers_with_tags_keep_nobody_from_joining(plain: str, varied: str, now: datetime) -> None:
    """Where a tag is a part of the name, mail to `ana+1` reaches nobody; elsewhere it is not what the owner asked for.

    What others ask for with such names must not count for the name without a tag, however its owner spells that.
    """
    letter = make_list()
    for day in range(7):
        ask(letter, varied.format(day), now=now + timedelta(days=day), client=f"198.51.100.{day}")
    assert len(mail.outbox) == 3
    mail.outbox.clear()

    ask(letter, plain, now=now + timedelta(days=6, minutes=1))

    assert [message.to for message in mail.outbox] == [[plain]]


@pytest.mark.parametrize(
    ("domains", "most"),
    [
        (["firm.example"], 30),
        (["firm.example", "a.firm.example", "b.c.firm.example"], 30),
        (["firm.co.uk", "dept.firm.co.uk"], 30),
        (["firm.co.uk", "another.co.uk"], 40),
        (["gmail.com"], 40),
        (["yahoo.co.uk"], 40),
        (["t-online.de"], 40),
        (["duck.com"], 40),
        (["privaterelay.appleid.com"], 40),
        (["firm.xn--55qx5d.cn", "another.公司.cn"], 40),
        (["firm.xn--55qx5d.cn", "dept.firm.公司.cn"], 30),
    ],
)
def test_one_domain_gets_thirty_mails_an_hour_unless_it_is_a_large_providers(
    domains: list[str], most: int, now: datetime
) -> None:
    """Threat 10: all addresses of a domain may reach one person; and what is below it, too."""
    letter = make_list()
    for number in range(40):
        ask(letter, f"name{number}@{domains[number % len(domains)]}", now=now, client=f"198.51.100.{number}")
    assert len(mail.outbox) == most


def test_who_meets_the_limit_of_a_domain_is_told_what_all_are_told() -> None:
    """Threat 11. In the next hour there are others."""
    letter, now = make_list(), timezone.now()
    for number in range(28):
        ask(letter, f"name{number}@firm.example", now=now, client=f"198.51.100.{number}")
    answers, costs = set(), set()
    for number in range(28, 32):
        visitor = Client(REMOTE_ADDR=f"198.51.100.{number}")
        with CaptureQueriesContext(connection) as queries:
            answer = visitor.post(f"/join/{letter.slug}/", {"email": f"name{number}@firm.example"})
        answers.add((answer.status_code, answer.content, tuple(answer.headers.items())))
        costs.add(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
    assert len(mail.outbox) == 30
    assert len(answers) == 1
    assert max(costs) - min(costs) <= 1
    for hour in range(1, 6):
        later = now + timedelta(hours=hour, minutes=hour)
        ask(letter, f"late{hour}@firm.example", now=later, client=f"203.0.113.{hour}")
    assert len(mail.outbox) == 35


def test_what_goes_on_while_a_domain_is_used_up(client: Client, now: datetime) -> None:
    """Threat 10: who asks for thirty of its addresses an hour keeps others of that domain from joining, no more."""
    letter = make_list()
    reader, asked = make_subscriber(letter, "reader@firm.example"), "asked@firm.example"
    ask(letter, asked, now=now)
    for number in range(40):
        ask(letter, f"name{number}@firm.example", now=now, client=f"198.51.100.{number}")
    mail.outbox.clear()

    ask(letter, "late@firm.example", now=now, client="203.0.113.1")
    assert mail.outbox == []
    for others in ("ana@another.example", "ana@gmail.com", "ana@firm.example.net"):
        ask(letter, others, now=now, client="203.0.113.2")
    leaving.ask(letter, FormRequest(addresses.normalise("reader@firm.example"), "https://x/", "203.0.113.3"), now=now)
    assert len(mail.outbox) == 4
    confirming = token_of(Subscriber.objects.get(address=asked), letter, tokens.Scope.CONFIRM)
    assert subscribing.confirm(confirming, form_url="", now=now)
    assert services.leave(token_of(reader, letter, tokens.Scope.LEAVE), now=now, method="page")
    ask(letter, "late@firm.example", now=now + timedelta(hours=1), client="203.0.113.1")
    assert len(mail.outbox) == 5


@pytest.mark.parametrize(
    ("others", "theirs", "mine"),
    [
        ([f"made-up{number}@firm.example" for number in range(29)], "victim@firm.example", "me@firm.example"),
        ([], "team+victim@firm.example", "team+me@firm.example"),
    ],
    ids=["one domain", "one name with tags"],
)
@pytest.mark.parametrize("known", ["unknown", "confirmed", "left", "suppressed"])
def test_my_own_mail_tells_nothing_of_an_address_that_is_counted_with_mine(
    known: str, others: list[str], theirs: str, mine: str, now: datetime
) -> None:
    """Threat 11: whether my wish passes must not depend on whether hers brought her a mail."""
    letter = make_list()
    if known in ("confirmed", "left"):
        make_subscriber(letter, theirs, state=S.CONFIRMED if known == "confirmed" else S.UNSUBSCRIBED)
    if known == "suppressed":
        services.suppress(theirs, reason="erased", now=now)
    ask(letter, theirs, now=now)
    later = now + timedelta(days=2)
    for number, address in enumerate([*others, theirs]):
        ask(letter, address, now=later, client=f"198.51.100.{number}")
    mail.outbox.clear()

    ask(letter, mine, now=later, client="203.0.113.1")

    assert mail.outbox == [], "whoever is known: as many were asked for"


def test_dots_that_mean_something_make_two_people(now: datetime) -> None:
    letter = make_list()
    for address in ("ana.diaz@example.org", "anadiaz@example.org", "ana.diaz@gmail.com", "+ana@example.org"):
        ask(letter, address, now=now)
    assert len(mail.outbox) == 4


def test_a_newer_letter_makes_the_older_ones_link_work_no_more(client: Client, now: datetime) -> None:
    """Whoever finds an old mail cannot put anybody on a list; the page leads to a new one."""
    letter = make_list()
    links = []
    for days in (0, 1, 9, 10):  # and once the wish has begun anew
        ask(letter, "ana@example.org", now=now + timedelta(days=days))
        link = re.search(r"/c/([\w-]+)/[\w-]+/", str(mail.outbox[-1].body))
        assert link
        links.append(link)
    assert len({link[1] for link in links}) == 4
    later = now + timedelta(days=10, minutes=1)
    for old in links[:-1]:
        assert not subscribing.confirm(old[1], form_url="", now=later)
        for answer in (client.get(old[0]), client.post(old[0], {"text_version": "x"})):
            assert answer.status_code == 404
            assert f'href="/join/{letter.slug}/"' in answer.content.decode()
    assert state_of(Subscriber.objects.get(), letter) == S.PENDING
    assert subscribing.confirm(links[-1][1], form_url="", now=later)


def test_the_form_of_another_list_does_not_open_the_day_again(now: datetime) -> None:
    """Threat 10."""
    for _ in range(5):
        ask(make_list(), "ana@example.org", now=now)

    assert len(mail.outbox) == 1
    assert Subscription.objects.count() == 1


def test_the_link_dies_with_the_pending_row(now: datetime) -> None:
    """L1: pending rows live seven days at most."""
    letter = make_list()
    ask(letter, "ana@example.org", now=now)
    person = Subscriber.objects.get()
    token = token_of(person, letter, tokens.Scope.CONFIRM)

    assert not subscribing.confirm(token, form_url="", now=now + timedelta(days=7, seconds=1))
    assert subscribing.confirm(token, form_url="", now=now + timedelta(days=7))
    assert subscribing.confirm(token, form_url="", now=now + timedelta(days=30)), "pressing twice is as pressing once"


def test_an_old_confirmation_link_does_not_bring_back_one_who_left(now: datetime) -> None:
    letter = make_list()
    ask(letter, "ana@example.org", now=now)
    person = Subscriber.objects.get()
    token = token_of(person, letter, tokens.Scope.CONFIRM)
    subscribing.confirm(token, form_url="", now=now)
    services.leave(token_of(person, letter, tokens.Scope.LEAVE), now=now + timedelta(hours=1), method="page")

    assert not subscribing.confirm(token, form_url="", now=now + timedelta(hours=2))
    assert state_of(person, letter) == S.UNSUBSCRIBED


def test_one_who_left_comes_back_by_a_fresh_confirmation(now: datetime) -> None:
    letter = make_list()
    person = make_subscriber(letter, "ana@example.org", state=S.UNSUBSCRIBED)

    ask(letter, "ana@example.org", now=now)
    assert state_of(person, letter) == S.UNSUBSCRIBED
    assert subscribing.confirm(token_of(person, letter, tokens.Scope.CONFIRM), form_url="", now=now)

    assert state_of(person, letter) == S.CONFIRMED
    assert Subscription.objects.get().confirmed_at == now


def test_one_who_is_on_the_list_is_told_so_and_stays(now: datetime) -> None:
    """Threat 9: the form never lowers a state."""
    letter = make_list()
    person = make_subscriber(letter, "ana@example.org")
    for day in range(20):
        ask(letter, "ana@example.org", now=now + timedelta(days=day))

    assert [message.subject for message in mail.outbox] == [f"You already receive “{letter.name}”"]
    assert state_of(person, letter) == S.CONFIRMED


def test_nothing_is_kept_of_a_suppressed_address_that_asks(now: datetime) -> None:
    letter = make_list()
    services.suppress("ana@example.org", reason="erased", now=now)
    ask(letter, "ana@example.org", now=now)

    assert mail.outbox == []
    assert not Subscriber.objects.exists()
    assert not ConsentEvent.objects.exists()


def test_a_list_that_is_closed_takes_nobody(client: Client) -> None:
    letter = make_list(open_to_join=False)

    assert client.get(f"/join/{letter.slug}/").status_code == 404
    assert client.post(f"/join/{letter.slug}/", {"email": "ana@example.org"}).status_code == 404
    assert not Subscriber.objects.exists()


def test_what_is_no_address_is_said_beside_the_field(client: Client) -> None:
    letter = make_list()
    page = client.post(f"/join/{letter.slug}/", {"email": '"><script>@'})

    assert page.status_code == 400
    assert "This is not an e-mail address" in page.content.decode()
    assert "<script>@" not in page.content.decode()


def test_known_and_unknown_addresses_get_the_same_bytes_and_cost_the_same_queries(now: datetime) -> None:
    """Threat 11: 50 known against 50 unknown; body, status and headers equal, and as many statements."""
    letter = make_list()
    known = [f"known{number}@example.org" for number in range(50)]
    for number, address in enumerate(known):
        make_subscriber(letter, address, state=list(S)[number % 3], suppressed=number % 5 == 0, joined_at=now)
    answers, costs = set(), set()
    for number, address in enumerate([*known, *(f"unknown{number}@example.org" for number in range(50))]):
        visitor = Client(REMOTE_ADDR=f"198.51.100.{number}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = visitor.post(f"/join/{letter.slug}/", {"email": address})
        page = visitor.get(answer.headers["Location"])
        answers.add((answer.status_code, answer.content, tuple(answer.headers.items()), page.content, page.status_code))
        costs.add(len([q for q in queries if "SAVEPOINT" not in q["sql"]]))
        assert not answer.cookies

    assert len(answers) == 1
    # A mail in the outbox costs one more there; here the stand-in for it is one more event.
    assert max(costs) - min(costs) <= 1


@pytest.mark.parametrize(("proved", "mails_allowed"), [(True, 20), (False, 4)])
def test_one_network_may_ask_only_so_often(proved: bool, mails_allowed: int, now: datetime) -> None:
    """Threat 10: per /64 for IPv6; less without a proof of work."""
    letter = make_list()
    for number in range(25):
        given = proof_of_work.solve(proof_of_work.challenge(now=now)) if proved else ""
        ask(letter, f"p{number}@example.org", now=now, client=f"2001:db8:0:1::{number:x}", given=given)
    assert len(mail.outbox) == mails_allowed

    ask(letter, "q@example.org", now=now, client="2001:db8:0:2::1")
    ask(letter, "r@example.org", now=now + timedelta(days=1), client="2001:db8:0:1::1")
    assert len(mail.outbox) == mails_allowed + 2


def test_a_proof_counts_once_and_for_two_hours(now: datetime) -> None:
    """Threat 10."""
    given = proof_of_work.solve(proof_of_work.challenge(now=now))

    assert not proof_of_work.accept(given, now=now + timedelta(hours=3))
    assert proof_of_work.accept(given, now=now)
    assert not proof_of_work.accept(given, now=now)


@pytest.mark.parametrize("given", ["", "x", "e30=", "bnVsbA==", "W10=", "eyJhIjoxfQ==", "é", "A" * 5000])
def test_what_is_no_proof_is_taken_for_none(given: str, now: datetime) -> None:
    assert not proof_of_work.accept(given, now=now)


def test_a_script_that_fills_the_hidden_field_gets_nothing(now: datetime) -> None:
    ask(make_list(), "ana@example.org", now=now, trap="https://spam.example")

    assert mail.outbox == []
    assert not Subscriber.objects.exists()


def test_the_mail_speaks_the_language_of_the_list(now: datetime) -> None:
    letter = make_list(name="نامهٔ بندر", language="fa")
    ask(letter, "ana@example.org", now=now)
    (message,) = mail.outbox
    ((html, kind),) = message.alternatives  # type: ignore[attr-defined]

    assert kind == "text/html"
    assert 'dir="rtl"' in str(html)
    assert "۷ روز" in str(message.body)
    assert message.subject == "لطفاً تأیید کنید: «نامهٔ بندر»"
    assert "&" not in str(message.body)
