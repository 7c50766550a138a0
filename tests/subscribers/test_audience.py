"""Who is a candidate, who may be written to, and why not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import DjangoAssertNumQueries

from subscribers import api, conf, tokens
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import make_list, make_subscriber

pytestmark = pytest.mark.django_db


def run(statement: api.Statement) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.params)
        return cursor.fetchall()


def test_every_subscription_of_the_list_is_a_candidate_exactly_once(now: datetime) -> None:
    letter, other = make_list(), make_list()
    people = [make_subscriber(letter, state=state) for state in S for _ in range(3)]
    for person in people:
        make_subscriber(other, f"x{person.pk}@example.org")

    rows = run(api.recipients_of(api.audience_of_list(letter.pk), cut_off=now))

    assert sorted(row[0] for row in rows) == sorted(person.pk for person in people)


def test_the_gravest_reason_is_the_one_that_is_told(now: datetime) -> None:
    """L2: no basis means no send; precedence suppressed, unsubscribed, pending, joined later, no consent."""
    letter = make_list()
    later = now + timedelta(seconds=1)
    expected = {
        make_subscriber(letter).pk: None,
        make_subscriber(letter, joined_at=now).pk: None,
        make_subscriber(letter, state=S.UNSUBSCRIBED, suppressed=True, basis="").pk: "suppressed",
        make_subscriber(letter, suppressed=True).pk: "suppressed",
        make_subscriber(letter, state=S.UNSUBSCRIBED, joined_at=later, basis="").pk: "unsubscribed",
        make_subscriber(letter, state=S.PENDING).pk: "pending",
        make_subscriber(letter, joined_at=later, basis="").pk: "joined-later",
        make_subscriber(letter, basis="").pk: "no-consent",
    }

    rows = run(api.recipients_of(api.audience_of_list(letter.pk), cut_off=now))

    assert {subscriber: reason for subscriber, reason, _ in rows} == expected


def test_the_statement_can_stand_inside_another(now: datetime) -> None:
    letter = make_list()
    make_subscriber(letter, "a@gmail.com")
    statement = api.recipients_of(api.audience_of_list(letter.pk), cut_off=now)

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT subscriber, domain_group, %s FROM ({statement.sql}) c WHERE reason IS NULL",  # noqa: S608
            ["x", *statement.params],
        )
        ((_, group, _),) = cursor.fetchall()

    assert group == 1


@pytest.mark.parametrize("rule", [{}, {"list": "1"}, {"list": True}, {"list": 1, "topics": []}, {"segment": 1}])
def test_an_unknown_rule_is_refused(rule: dict[str, Any], now: datetime) -> None:
    with pytest.raises(api.InvalidInput, match="not clear who"):
        api.recipients_of(rule, cut_off=now)


def test_a_naive_cut_off_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        api.recipients_of({"list": 1}, cut_off=datetime(2026, 1, 1))  # noqa: DTZ001


def test_recipients_are_read_anew_with_their_own_way_out(
    now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    letter = make_list()
    stays = make_subscriber(letter, "Ana@Bücher.example", name="Ana")
    left = make_subscriber(letter, state=S.UNSUBSCRIBED)
    gone = make_subscriber(letter)
    ids = [stays.pk, left.pk, gone.pk]
    api.erase(gone.pk, now=now, actor="test")

    with django_assert_num_queries(1):
        found = api.recipients(api.audience_of_list(letter.pk), ids)

    assert set(found) == {stays.pk, left.pk}
    assert found[stays.pk].address == "Ana@xn--bcher-kva.example"
    assert (found[stays.pk].name, found[stays.pk].barred) == ("Ana", None)
    assert found[left.pk].barred == "unsubscribed"
    assert tokens.read(found[stays.pk].token, tokens.Scope.LEAVE, keys=conf.settings().token_keys)


def test_the_last_look_answers_for_every_id(now: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """U6: whoever left, was suppressed or erased since the freeze is found at the next look."""
    letter = make_list()
    stays, leaves, gone = make_subscriber(letter), make_subscriber(letter), make_subscriber(letter)
    barred = make_subscriber(letter, "no@example.org")
    unproved = make_subscriber(letter, basis="")
    audience = api.audience_of_list(letter.pk)
    ids = [person.pk for person in (stays, leaves, gone, barred, unproved)]
    api.leave(api.recipients(audience, ids)[leaves.pk].token, now=now, method="one-click")
    api.suppress("NO@example.org", reason="complaint", now=now)
    api.erase(gone.pk, now=now, actor="test")

    found = api.may_receive(audience, ids)
    with django_assert_num_queries(1):
        assert api.may_receive(audience, [stays.pk]) == {stays.pk: None}

    assert list(found.values()) == [None, "unsubscribed", "erased", "suppressed", "no-consent"]


def test_no_ids_ask_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert api.may_receive({"list": 1}, []) == {}
        assert api.recipients({"list": 1}, []) == {}
