"""The ways out: by a mail client's POST, by the page's button, back within the hour; nothing happens by reading."""

from datetime import datetime, timedelta
from itertools import product

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from subscribers import api, conf, services, tokens
from subscribers.models import ConsentEvent, Subscription, Suppression
from subscribers.states import SubscriptionState as S
from subscribers.tokens import Scope
from tests.subscribers.factories import leave_token, make_list, make_subscriber, state_of, token_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    """Checks CSRF as in life: what passes needs no token."""
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize("multipart", [False, True])
def test_one_click_takes_effect_in_its_own_request(multipart: bool, browser: Client) -> None:
    """U2, L4: no cookie, no Referer, no CSRF token, no redirect, urlencoded or multipart."""
    letter = make_list()
    person = make_subscriber(letter)
    url = f"/u/{leave_token(person, letter)}/"
    if multipart:
        answer = browser.post(url, {"List-Unsubscribe": "One-Click"})
    else:
        answer = browser.post(url, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert not answer.cookies
    assert state_of(person, letter) == S.UNSUBSCRIBED
    event = ConsentEvent.objects.get()
    assert (event.kind, event.method) == ("unsubscribed", "one-click")
    assert api.may_receive(api.audience_of_list(letter.pk), [person.pk]) == {person.pk: "unsubscribed"}


@pytest.mark.parametrize("charset", ["us-ascii", "iso-8859-1", "utf8", "UTF-8", "nonsense"])
def test_one_click_works_whatever_charset_the_provider_names(charset: str, browser: Client) -> None:
    """U2: the body is ASCII, whatever it is called."""
    letter = make_list()
    person = make_subscriber(letter)
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    answer = browser.generic("POST", f"/u/{leave_token(person, letter)}/", b"List-Unsubscribe=One-Click", kind)
    assert answer.status_code == 200
    assert state_of(person, letter) == S.UNSUBSCRIBED


def test_a_link_cannot_bring_back_who_has_left_earlier(browser: Client) -> None:
    """Threat 13: whoever holds a forwarded mail finds no way back on its page once the reader has left."""
    letter = make_list()
    person = make_subscriber(letter)
    url = f"/u/{leave_token(person, letter)}/"
    browser.generic("POST", url, b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")
    page = browser.post(url, {"action": "leave"})
    assert token_of(person, letter, Scope.UNDO) not in page.content.decode()


def test_the_url_of_the_header_is_the_url_of_the_page() -> None:
    links = api.links_for("A" * 32, base_url="https://news.example.org")
    assert links.one_click == "https://news.example.org" + reverse("unsubscribe", args=["A" * 32])
    assert links.mailto == "leave+" + "A" * 32
    assert len(links.mailto) <= 64, "RFC 5321 §4.5.3.1.1"


def test_leaving_twice_is_as_leaving_once(browser: Client) -> None:
    letter = make_list()
    person = make_subscriber(letter)
    url = f"/u/{leave_token(person, letter)}/"
    answers = [browser.post(url, {"List-Unsubscribe": "One-Click"}) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert ConsentEvent.objects.count() == 1


def test_the_page_takes_off_by_one_button_and_back_by_another(browser: Client) -> None:
    """U3, L4: a page with one button, no login, no question; an undo."""
    letter = make_list(language="fa", name="نامه")
    person = make_subscriber(letter)
    url = f"/u/{leave_token(person, letter)}/"

    page = browser.get(url).content.decode()
    assert page.count("<button") == 1
    assert 'dir="rtl"' in page
    left = browser.post(url, {"action": "leave"})
    assert state_of(person, letter) == S.UNSUBSCRIBED
    undo = token_of(person, letter, Scope.UNDO)
    assert undo in left.content.decode()
    back = browser.post(url, {"action": "return", "undo": undo})

    assert back.status_code == 200
    again = browser.post(url, {"action": "return", "undo": undo})
    assert again.content == back.content, "as when the page is loaded again"
    assert state_of(person, letter) == S.CONFIRMED
    assert [event.kind for event in ConsentEvent.objects.order_by("pk")] == ["unsubscribed", "returned"]
    assert not browser.cookies


def test_the_undo_lasts_an_hour_and_only_for_what_was_confirmed(now: datetime) -> None:
    """Threat 13: whoever holds a forwarded issue cannot bring back one who left long ago."""
    letter = make_list()
    person = make_subscriber(letter, state=S.UNSUBSCRIBED, left_at=now)
    asked = make_subscriber(letter, state=S.PENDING)
    services.unsubscribe(list_id=letter.pk, subscriber_id=asked.pk, now=now, actor="staff:1")

    assert not services.undo(token_of(asked, letter, Scope.UNDO), now=now)
    assert not services.undo(token_of(person, letter, Scope.UNDO), now=now + timedelta(hours=1, seconds=1))
    assert services.undo(token_of(person, letter, Scope.UNDO), now=now + timedelta(minutes=59))


def test_a_robot_that_reads_everything_changes_nothing() -> None:
    """U3, threats 7 and 8: GET, HEAD and OPTIONS of every public address write nothing."""
    letter = make_list()
    people = [make_subscriber(letter, state=state) for state in S]
    Subscription.objects.update(confirmation_sent_at=datetime.fromisoformat("2026-11-24T00:00:00Z"))
    urls = [f"/join/{letter.slug}/", f"/join/{letter.slug}/done/", "/u/x/", "/c/x/"]
    urls += [f"/u/{leave_token(person, letter)}/" for person in people]
    urls += [f"/c/{token_of(person, letter, Scope.CONFIRM)}/" for person in people]
    robot = Client()

    with CaptureQueriesContext(connection) as queries:
        for url, method in product(urls, ["get", "head", "options"]):
            answer = getattr(robot, method)(url)
            assert not answer.cookies
            assert answer.headers["Cache-Control"] == "no-store"

    written = [q["sql"] for q in queries if q["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]
    assert written == []


def test_every_pair_of_swapped_tokens_gets_the_same_neutral_answer() -> None:
    """U4, threats 12 and 13: the scope matrix, edited and foreign tokens; equal bytes, no query."""
    letter, other = make_list(), make_list()
    person, stranger = make_subscriber(letter), make_subscriber(other)
    right = {scope: token_of(person, letter, scope) for scope in Scope}
    foreign = {scope: token_of(stranger, other, scope) for scope in Scope}
    wrong = [right[Scope.CONFIRM], right[Scope.UNDO], foreign[Scope.CONFIRM], foreign[Scope.UNDO]]
    # The name of one subscription with the signature of another, each way round; then one letter changed at each place.
    wrong += [foreign[a][:11] + right[b][11:] for a, b in product(Scope, Scope)]
    wrong += [right[a][:11] + foreign[b][11:] for a, b in product(Scope, Scope)]
    token = right[Scope.LEAVE]
    wrong += [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    wrong += ["x", "A" * 32, "A" * 31, token + "A", token[:-1] + "%0A"]
    robot = Client()
    pages, short = set(), set()
    for guess in wrong:
        with CaptureQueriesContext(connection) as queries:
            seen = [robot.get(f"/u/{guess}/"), robot.post(f"/u/{guess}/", {"action": "leave"})]
            clicked = robot.post(f"/u/{guess}/", {"List-Unsubscribe": "One-Click"})
        assert len(queries) == 0
        pages |= {(answer.status_code, answer.content, tuple(answer.headers.items())) for answer in seen}
        short.add((clicked.status_code, clicked.content))
    for guess in [right[Scope.LEAVE], right[Scope.UNDO], foreign[Scope.LEAVE]]:
        answer = robot.get(f"/c/{guess}/")
        pages.add((answer.status_code, answer.content, tuple(answer.headers.items())))

    assert len(pages) == 1
    assert {page[0] for page in pages} == {404}
    assert short == {(404, b"This link does not work.\n")}
    assert state_of(person, letter) == state_of(stranger, other) == S.CONFIRMED


def test_an_undo_of_one_person_does_not_work_on_anothers_page(now: datetime) -> None:
    """Threat 12."""
    letter = make_list()
    mine, theirs = (make_subscriber(letter, state=S.UNSUBSCRIBED, left_at=datetime.now(now.tzinfo)) for _ in range(2))
    url = f"/u/{leave_token(mine, letter)}/"

    Client().post(url, {"action": "return", "undo": token_of(theirs, letter, Scope.UNDO)})

    assert state_of(mine, letter) == state_of(theirs, letter) == S.UNSUBSCRIBED


def test_older_keys_still_open_the_way_out() -> None:
    """U4: rotation keeps every mailed link; and each scope has a token of its own."""
    old, new = b"o" * 32, b"n" * 32
    public_id = tokens.new_public_id()
    token = tokens.make(public_id, Scope.LEAVE, keys=[old])

    assert tokens.read(token, Scope.LEAVE, keys=[new, old]) == public_id
    assert tokens.read(token, Scope.LEAVE, keys=[new]) is None
    for scope, other in product(Scope, Scope):
        read = tokens.read(tokens.make(public_id, scope, keys=[new, old]), other, keys=[new, old])
        assert (read == public_id) == (scope == other)


def test_someone_erased_leaves_a_dead_link_behind(now: datetime) -> None:
    """L6: the row vanishes; what stays is a keyed hash."""
    letter = make_list()
    person = make_subscriber(letter, "ana@example.org")
    token = leave_token(person, letter)
    api.erase(person.pk, now=now, actor="staff:1")

    assert Client().get(f"/u/{token}/").status_code == 404
    assert Suppression.objects.get().reason == "erased"
    with pytest.raises(api.InvalidInput, match="must not be mailed"):
        api.add(letter.pk, "ANA@example.org", basis="fair", now=now, actor="staff:1")
    assert api.lift("ana@example.org", now=now, actor="staff:1")
    assert api.add(letter.pk, "ana@example.org", basis="fair", now=now, actor="staff:1")


def test_staff_cannot_bring_back_one_who_left(now: datetime) -> None:
    """Threat 24, by the other door."""
    letter = make_list()
    make_subscriber(letter, "ana@example.org", state=S.UNSUBSCRIBED)

    with pytest.raises(api.InvalidInput, match="has left"):
        api.add(letter.pk, "ana@example.org", basis="asked by phone", now=now, actor="staff:1")


class Anonymous(TestCase):
    """Threat 9."""

    @settings(max_examples=30)
    @given(
        steps=st.lists(
            st.tuples(
                st.sampled_from(["join", "confirm", "leave-wrong", "undo", "page", "look"]), st.sampled_from(list(S))
            ),
            max_size=8,
        )
    )
    def test_no_anonymous_call_lowers_a_subscription(self, steps: list[tuple[str, S]]) -> None:
        letter = make_list()
        people = {state: make_subscriber(letter, f"{state}@example.org", state=state) for state in S}
        before = {state: _rank(state_of(person, letter)) for state, person in people.items()}
        anyone = Client()
        for what, state in steps:
            person = people[state]
            match what:
                case "join":
                    anyone.post(f"/join/{letter.slug}/", {"email": f"{state.upper()}@example.org"})
                case "confirm":
                    anyone.post(f"/c/{leave_token(person, letter)}/", {"text_version": "x"})
                case "leave-wrong":
                    anyone.post(f"/u/{token_of(person, letter, Scope.CONFIRM)}/", {"List-Unsubscribe": "One-Click"})
                case "undo":
                    url = f"/u/{leave_token(person, letter)}/"
                    anyone.post(url, {"action": "return", "undo": leave_token(person, letter)})
                case "page":
                    anyone.post(f"/u/{leave_token(person, letter)}/", {"action": "delete"})
                case _:
                    anyone.get(f"/u/{leave_token(person, letter)}/")
        for state, person in people.items():
            assert _rank(state_of(person, letter)) >= before[state]


def _rank(state: str) -> int:
    return [S.UNSUBSCRIBED, S.PENDING, S.CONFIRMED].index(S(state))


def test_the_settings_are_read_once_in_one_place() -> None:
    assert conf.settings().token_keys
    assert len(conf.settings().address_key) == 32
