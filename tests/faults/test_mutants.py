"""The pass bar of trust §4: an engine with one broken promise must fail, or these tests prove nothing."""

from collections.abc import Callable

import pytest

from tests.delivery import newsroom
from tests.faults import mutants, oracle, scenarios
from tests.faults.hunt import Hunt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

EXPOSED: dict[str, Callable[[Hunt, newsroom.Readers], None]] = {
    "no-fence": scenarios.stopped_after_the_dot,
    "settle-before-reply": scenarios.killed_while_the_server_owes_an_answer,
    "cursor": scenarios.killed_with_one_left_behind,
    "consent-not-read-again": scenarios.left_after_the_release,
    "missing-journal-is-empty": scenarios.killed_and_its_journal_lost,
    "no-deadline": scenarios.stopped_before_the_content,
    "retry-result-dropped": scenarios.greylisted,
    "everything-uncertain": scenarios.killed_while_the_server_owes_an_answer,
}


def test_every_mutant_has_a_story_that_exposes_it() -> None:
    assert EXPOSED.keys() == mutants.MUTANTS.keys()


@pytest.mark.parametrize("mutant", EXPOSED)
def test_a_mutant_is_caught(hunt: Callable[..., Hunt], readers: newsroom.Readers, mutant: str) -> None:
    caught = hunt(mutant=mutant, lease_seconds=2)
    with pytest.raises(oracle.Breach) as breach:
        EXPOSED[mutant](caught, readers)
    assert "out of date" not in caught.log_text(), f"it patches what is gone: {caught.words()}"
    assert str(breach.value)


@pytest.mark.parametrize("story", dict.fromkeys(EXPOSED.values()), ids=lambda story: story.__name__)
def test_the_whole_engine_passes_the_same_stories(
    hunt: Callable[..., Hunt], readers: newsroom.Readers, story: Callable[[Hunt, newsroom.Readers], None]
) -> None:
    story(hunt(lease_seconds=2), readers)
