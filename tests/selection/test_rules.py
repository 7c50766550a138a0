"""A selection rule is read from JSON, key by key."""

import pytest

from newsletter.errors import InvalidInput
from newsletter.selection import rules


def test_an_empty_rule_takes_the_newest_of_everything() -> None:
    assert rules.parse({}) == rules.Rule()
    assert rules.to_json(rules.Rule()) == {}


def test_a_rule_survives_being_written_and_read() -> None:
    data = {
        "max_stories": 5,
        "min_stories": 2,
        "languages": ["en", "fa"],
        "topics": ["culture"],
        "exclude_topics": ["sport"],
        "max_age_hours": 48,
        "per_source": 2,
    }
    assert rules.to_json(rules.parse(data)) == data


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"max_stories": 0}, "max_stories"),
        ({"max_stories": 51}, "max_stories"),
        ({"max_stories": "5"}, "max_stories"),
        ({"max_stories": True}, "max_stories"),
        ({"max_stories": None}, "max_stories"),
        ({"max_stories": 2, "min_stories": 3}, "min_stories"),
        ({"max_age_hours": -1}, "max_age_hours"),
        ({"per_source": 1.5}, "per_source"),
        ({"languages": "en"}, "languages"),
        ({"languages": [""]}, "languages"),
        ({"topics": [1]}, "topics"),
        ({"topics": ["Art"], "exclude_topics": ["art"]}, "exclude_topics"),
        ({"stories": 5}, "stories"),
    ],
)
def test_a_rule_that_cannot_be_followed_names_the_key(data: dict[str, object], key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        rules.parse(data)
    assert caught.value.field == key


def test_what_is_no_object_is_no_rule() -> None:
    with pytest.raises(InvalidInput):
        rules.parse(["en"])  # type: ignore[arg-type]
