"""Numbers as the language of the page writes them."""

import pytest
from django.utils import translation
from markupsafe import Markup

from newsletter.translatable import Plural, Translatable
from newsletter.translation import isolated, number, translated


@pytest.mark.parametrize(
    ("value", "english", "persian"),
    [
        (0, "0", "۰"),
        (999, "999", "۹۹۹"),
        (1_000, "1,000", "۱٬۰۰۰"),
        (1_234_567, "1,234,567", "۱٬۲۳۴٬۵۶۷"),
        (50_000.0, "50,000", "۵۰٬۰۰۰"),
        (1_250_000.0, "1,250,000", "۱٬۲۵۰٬۰۰۰"),
        (0.5, "0.5", "۰٫۵"),
    ],
)
def test_a_number_has_the_groups_and_digits_of_its_language(value: float, english: str, persian: str) -> None:
    with translation.override("en"):
        assert number(value) == english
    with translation.override("fa"):
        assert number(value) == persian


def test_a_count_in_an_error_has_them_too_and_a_port_has_not() -> None:
    with translation.override("en"):
        assert (
            translated(Plural("%(n)s line is wrong.", "%(n)s lines are wrong.", n=12_345)) == "12,345 lines are wrong."
        )
        assert translated(Translatable("Nobody listens at port %(port)s.", port=2525)) == "Nobody listens at port 2525."


def test_an_address_within_a_persian_sentence_keeps_its_own_direction() -> None:
    text = Translatable("Nobody listens at %(where)s.", where="127.0.0.1:2525")
    with translation.override("en"):
        assert translated(text) == "Nobody listens at 127.0.0.1:2525."
    with translation.override("fa"):
        assert "\u2068127.0.0.1:2525\u2069" in translated(text)
        assert isolated("۱۲") == "۱۲"
        assert isolated(Markup("<b>0 7 * * 1-5</b>")) == Markup("\u2068<b>0 7 * * 1-5</b>\u2069")
