"""Words of rooms without Django: English for logs and commands, the page's language on pages."""

import pickle

import pytest
from django.utils.translation import override

from newsletter.errors import InvalidInput
from newsletter.translatable import Plural, Translatable
from newsletter.translation import error_text, translated


def test_it_is_its_english_and_remembers_what_it_was_made_of() -> None:
    text = Translatable("At most %(most)s of 100 %%", most=5)
    assert text == "At most 5 of 100 %"
    assert (text.message, text.values) == ("At most %(most)s of 100 %%", {"most": 5})
    assert Translatable("100 %") == "100 %"
    assert Plural("%(n)s mail", "%(n)s mails", n=1) == "1 mail"
    assert Plural("%(n)s mail", "%(n)s mails", n=3) == "3 mails"


def test_it_travels_between_processes_as_what_it_is() -> None:
    for text in (Translatable("No %(what)s.", what="ferry"), Plural("%(n)s mail", "%(n)s mails", n=3)):
        again = pickle.loads(pickle.dumps(text))  # noqa: S301
        assert again == text
        assert type(again) is type(text)
        assert again.values == text.values


def test_pages_say_it_in_their_language_with_the_values_put_in_afterwards() -> None:
    error = InvalidInput(Translatable("There is no limit for “%(key)s”. Nothing was changed.", key="Sent"), field="key")
    with override("fa"):
        words = error_text(error)
        assert words != str(error)
        assert "Sent" in words
        assert translated("Sent") == "Sent"
    with override("en"):
        assert error_text(error) == str(error)


@pytest.mark.parametrize("text", ["plain", "", "100 % of it"])
def test_what_is_no_message_of_ours_stays_as_it_is(text: str) -> None:
    with override("fa"):
        assert translated(text) == text
        assert error_text(ValueError(text)) == text
