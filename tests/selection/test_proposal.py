"""The choice of stories: pure, deterministic, with reasons."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.selection.proposal import Candidate, age_in_words, propose
from newsletter.selection.rules import Rule

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


def _candidate(number: int, *, hours: float = 1, **changes: Any) -> Candidate:
    return Candidate(**({"id": number, "language": "en", "at": NOW - timedelta(hours=hours)} | changes))


def _ids(candidates: list[Candidate], **rule: Any) -> list[int]:
    return [pick.id for pick in propose(candidates, Rule(**rule), now=NOW)]


def test_the_newest_come_first_and_no_more_than_asked_for() -> None:
    assert _ids([_candidate(1, hours=5), _candidate(2, hours=1), _candidate(3, hours=3)], max_stories=2) == [2, 3]


def test_of_two_equally_old_the_one_added_later_comes_first() -> None:
    assert _ids([_candidate(1), _candidate(2)]) == [2, 1]


def test_an_article_whose_time_is_still_to_come_is_not_proposed() -> None:
    assert _ids([_candidate(1, hours=-1), _candidate(2)]) == [2]


def test_a_language_takes_its_regions_and_no_longer_word() -> None:
    candidates = [_candidate(1, language="en-GB"), _candidate(2, language="eng"), _candidate(3, language="fa")]
    assert _ids(candidates, languages=("en",)) == [1]


def test_topics_are_asked_for_and_excluded() -> None:
    candidates = [
        _candidate(1, topics=("Culture",)),
        _candidate(2, topics=("Culture", "Sport")),
        _candidate(3),
    ]
    assert _ids(candidates, topics=("culture",), exclude_topics=("sport",)) == [1]


def test_what_is_too_old_is_left_out() -> None:
    assert _ids([_candidate(1, hours=24), _candidate(2, hours=24.1)], max_age_hours=24) == [1]


def test_one_source_does_not_fill_the_issue() -> None:
    candidates = [_candidate(n, hours=n, source="Harbour Post") for n in range(1, 5)] + [_candidate(9, hours=9)]
    assert _ids(candidates, per_source=2) == [1, 2, 9]


def test_the_cap_on_a_source_does_not_touch_texts_of_our_own() -> None:
    assert len(_ids([_candidate(n) for n in range(5)], per_source=1)) == 5


def test_every_pick_says_why() -> None:
    candidate = _candidate(1, hours=26, topics=("Culture", "Sea"), source="Harbour Post")
    (pick,) = propose([candidate], Rule(topics=("culture",)), now=NOW)
    assert pick.reason == "Not used yet, 1 day old; about Culture; from Harbour Post."


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "new within the hour"),
        (59, "new within the hour"),
        (60, "1 hour old"),
        (150, "2 hours old"),
        (4320, "3 days old"),
    ],
)
def test_ages_are_said_roundly(minutes: int, words: str) -> None:
    assert age_in_words(timedelta(minutes=minutes)) == words


candidates = st.builds(
    Candidate,
    id=st.integers(1, 40),
    language=st.sampled_from(["en", "en-GB", "fa", "de"]),
    at=st.integers(-100, 5000).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    topics=st.lists(st.sampled_from(["culture", "sport", "sea"]), max_size=2).map(tuple),
    source=st.sampled_from(["", "one", "two"]),
)
rule_values = st.builds(
    Rule,
    max_stories=st.integers(1, 8),
    languages=st.sampled_from([(), ("en",), ("fa", "de")]),
    topics=st.sampled_from([(), ("culture",)]),
    exclude_topics=st.sampled_from([(), ("sport",)]),
    max_age_hours=st.one_of(st.none(), st.integers(1, 80)),
    per_source=st.one_of(st.none(), st.integers(1, 3)),
)


@given(st.lists(candidates, max_size=30, unique_by=lambda c: c.id), rule_values, st.randoms(use_true_random=False))
def test_the_choice_is_the_same_in_whatever_order_candidates_come(
    given_candidates: list[Candidate], rule: Rule, random: Any
) -> None:
    shuffled = list(given_candidates)
    random.shuffle(shuffled)
    assert propose(given_candidates, rule, now=NOW) == propose(shuffled, rule, now=NOW)


@given(st.lists(candidates, max_size=30, unique_by=lambda c: c.id), rule_values)
def test_the_choice_keeps_every_word_of_its_rule(given_candidates: list[Candidate], rule: Rule) -> None:
    picks = propose(given_candidates, rule, now=NOW)
    chosen = [next(c for c in given_candidates if c.id == pick.id) for pick in picks]
    assert len(picks) <= rule.max_stories
    assert len({pick.id for pick in picks}) == len(picks)
    assert all(pick.reason for pick in picks)
    assert not any(c.at > NOW for c in chosen)
    assert [c.at for c in chosen] == sorted((c.at for c in chosen), reverse=True)
    if rule.per_source is not None:
        assert all(sum(c.source == s for c in chosen) <= rule.per_source for s in ("one", "two"))


def test_of_two_with_one_headline_the_newest_is_proposed() -> None:
    candidates = [
        _candidate(1, hours=3, title="The Ferry"),
        _candidate(2, title="the  ferry"),
        _candidate(3),
        _candidate(4),
    ]
    assert _ids(candidates) == [4, 3, 2]
