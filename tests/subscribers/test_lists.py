"""Lists: created with what they need, found by what people call them, counted in two queries."""

from datetime import datetime

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from subscribers import api, lists
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import make_list, make_subscriber

pytestmark = pytest.mark.django_db


def test_a_list_gets_what_was_not_given(now: datetime) -> None:
    made = api.create_list(name=" Harbour \n News ", now=now)
    again = api.create_list(name="Harbour News", now=now)

    assert (made.name, made.slug, made.language) == ("Harbour News", "harbour-news", "en")
    assert again.slug.startswith("harbour-news-")
    assert "Harbour News" in lists.get(made.id).consent_text


def test_a_persian_list_agrees_in_persian_and_has_an_address_of_letters(now: datetime) -> None:
    made = api.create_list(name="نامه‌های بندر", language="fa", now=now)

    assert made.name == "نامه‌های بندر", "the joiner within a word is part of its spelling"
    assert made.slug.isascii()
    assert "نامه‌های بندر" in lists.get(made.id).consent_text
    assert "بله" in lists.get(made.id).consent_text


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "slug": "two words"}, "slug"),
        ({"name": "x", "slug": "taken"}, "slug"),
        ({"name": "x", "language": "english language"}, "language"),
        ({"name": "x", "language": ""}, "language"),
    ],
)
def test_what_cannot_be_used_is_named(given: dict[str, str], field: str, now: datetime) -> None:
    make_list(slug="taken")
    with pytest.raises(api.InvalidInput) as error:
        api.create_list(**given, now=now)
    assert error.value.field == field


def test_lists_are_counted_in_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    one, two = make_list(name="B"), make_list(name="A")
    for state in (S.CONFIRMED, S.CONFIRMED, S.PENDING, S.UNSUBSCRIBED):
        make_subscriber(one, state=state)
    make_subscriber(one, suppressed=True)
    make_subscriber(None, "elsewhere@example.org", suppressed=True)

    with django_assert_num_queries(2):
        found = api.lists()

    assert [(row.name, row.confirmed, row.pending, row.unsubscribed, row.suppressed) for row in found] == [
        ("A", 0, 0, 0, 0),
        ("B", 2, 1, 1, 1),
    ]
    assert api.find_list(two.slug).id == api.find_list(str(two.pk)).id == api.find_list("A").id == two.pk
    assert api.get_list(one.pk).name == "B"


def test_what_is_not_there_is_said(now: datetime) -> None:
    for missing in (
        lambda: api.get_list(999),
        lambda: api.find_list("nothing"),
        lambda: api.erase(9, now=now, actor=""),
    ):
        with pytest.raises(LookupError):
            missing()
