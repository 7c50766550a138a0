"""Publications: settings are checked where they enter."""

from dataclasses import replace

import pytest

from newsletter.errors import InvalidInput, SeveralInvalid
from newsletter.issues import queries, services
from newsletter.issues.models import Publication
from tests.issues import factories
from tests.issues.factories import NOW, WRITER

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "Two\nlines"),
        ("name", "x" * 201),
        ("sender_name", ""),
        ("sender_name", "A\r\nBcc: x@example.org"),
        ("sender_address", "nobody"),
        ("sender_address", "a@b@example.org"),
        ("sender_address", "jörg@example.org"),
        ("reply_to", "two@example.org, three@example.org"),
        ("language", "english!"),
        ("accent", "red"),
        ("theme", "../secret"),
        ("slug", "Not A Slug"),
        ("bounce_domain", "bounces example"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("empty_slot", "never"),
        ("uncertain_policy", "guess"),
        ("useful_life_hours", 0),
        ("useful_life_hours", 1000),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_field_named(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        factories.publication(**{field: value})
    assert caught.value.field == field
    assert not Publication.objects.exists()


def test_a_rule_is_refused_with_its_key_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        factories.publication(rule={"max_stories": 0})
    assert caught.value.field == "max_stories"


def test_an_internationalised_sender_domain_is_kept_as_its_a_label() -> None:
    """T4: A-labels in header and envelope."""
    assert factories.publication(sender_address="News@Bücher.example").sender_address == "News@xn--bcher-kva.example"


def test_short_names_are_made_of_names_and_never_twice() -> None:
    slugs = [factories.publication(name=name).slug for name in ("The Harbour", "The Harbour", "روزنامه", "روزنامه")]
    assert slugs == ["the-harbour", "the-harbour-2", "newsletter", "newsletter-2"]


def test_a_short_name_that_is_taken_is_refused() -> None:
    factories.publication(slug="harbour")
    with pytest.raises(InvalidInput, match="already"):
        factories.publication(slug="harbour")


def test_an_automatic_newsletter_cannot_ask_for_a_second_person() -> None:
    with pytest.raises(InvalidInput, match="second person"):
        factories.publication(empty_slot="automatic", second_person=True)


def test_settings_are_changed_and_the_rest_stays() -> None:
    publication = factories.publication()
    settings = replace(services.settings_of(publication), tagline="Every morning")
    changed = services.edit_publication(publication, settings=settings, by=WRITER, now=NOW)
    assert services.settings_of(changed) == settings


def test_all_that_cannot_be_used_is_said_at_once() -> None:
    with pytest.raises(SeveralInvalid) as refused:
        factories.publication(name=" ", sender_address="x", time_zone="Mars", refusal_limit=101)
    assert [one.field for one in refused.value.problems] == ["name", "sender_address", "time_zone", "refusal_limit"]
    assert str(refused.value).count("\n") == 3


def test_a_newsletter_is_found_by_its_short_name_or_its_number() -> None:
    made = factories.publication(slug="harbour")
    numbered = factories.publication(slug=str(made.pk))
    assert queries.get_publication("harbour") == made
    assert queries.get_publication(str(made.pk)) == numbered, "the name first"
    assert queries.get_publication(str(numbered.pk)) == numbered
