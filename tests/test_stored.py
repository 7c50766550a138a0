"""What rooms say is kept so that a page of another language can say it later."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.utils import translation

from newsletter.delivery import alarms
from newsletter.delivery.models import Alarm
from newsletter.stored import cut, sentences, stored, told
from newsletter.translatable import Figures, Plural, Quantity, Translatable, in_a_row
from newsletter.translation import translated

SAID = Translatable("%(a)s: %(b)s", a="A", b=Plural("%(n)s story", "%(n)s stories", n=2))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain, and 5 % of it",
        SAID,
        '{"message": "typed by a person"}',
        "{}",
        SAID.values["b"],
        Quantity(12345),
        Figures("07:00"),
    ],
)
def test_it_comes_back_as_it_was(text: str) -> None:
    back = told(stored(text))
    assert back == text
    assert not isinstance(text, Translatable) or repr(getattr(back, "values", None)) == repr(text.values)


def test_what_only_looks_like_it_is_told_as_it_stands() -> None:
    for raw in ('{"message": 5', '{"message": 5, "values": {}}', '{"message": "x", "values": []}'):
        assert told(raw) == raw
    assert told('{"message": "%(x)s", "values": {"y": 1}}') == '{"message": "%(x)s", "values": {"y": 1}}'


def test_too_long_a_text_is_cut_and_several_are_one() -> None:
    assert cut(SAID, 20) is SAID
    assert type(cut(SAID, 3)) is str
    assert sentences([SAID, "B."]) == "A: 2 stories B."
    assert sentences([]) == ""


def test_how_many_is_said_in_groups_and_digits_of_the_page() -> None:
    back = told(stored(in_a_row([Translatable("%(n)s erased", n=Quantity(12345)), Quantity(7), Quantity(8)])))
    assert back == "12,345 erased, 7, 8"
    assert in_a_row([]) == ""
    with translation.override("fa"):
        assert translated(told(stored(Quantity(12345)))) == "۱۲٬۳۴۵"
        assert translated(told(stored(Figures("07:00")))) == "۰۷:۰۰"
        assert translated(told(stored(in_a_row([Quantity(7), Quantity(1300)])))) == "۷، ۱٬۳۰۰"


@pytest.mark.django_db
def test_a_row_is_said_in_the_language_of_the_page_and_an_older_one_as_it_was_written() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    alarms.raise_alarm(key="a", text=Translatable("Check them and approve again. %(x)s", x=SAID), now=now)
    alarms.raise_alarm(key="b", text="old", now=now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE newsletter_alarm SET text = %s WHERE key = 'b'", ["It burns at 5 %."])
    new, old = Alarm.objects.order_by("key")
    assert new.text == "Check them and approve again. A: 2 stories"
    assert old.text == "It burns at 5 %."
    with translation.override("fa"):
        assert "۲ خبر" in translated(new.text)
