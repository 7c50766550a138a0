"""The `lists` commands, as somebody types them."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from newsletter.management.cli import lists as group
from subscribers import api
from subscribers.models import List, Subscriber, Suppression
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import leave_token, make_list, make_subscriber, state_of

pytestmark = pytest.mark.django_db


def run(*words: str) -> Result:
    return CliRunner().invoke(group.app, list(words))


def test_from_an_empty_room_to_a_full_list(tmp_path: Path) -> None:
    assert "no list yet" in run("show").stderr
    made = json.loads(run("create", "Harbour News", "--language", "en", "--json").stdout)
    assert made["slug"] == "harbour-news"
    file = tmp_path / "people.csv"
    file.write_text("email,name\nana@example.org,Ana\nrubbish,\n")

    dry = json.loads(run("import", "harbour-news", str(file), "--dry-run", "--json").stdout)
    assert (dry["joined"], dry["rejected"], dry["dry_run"]) == (1, 1, True)
    assert not Subscriber.objects.exists()
    done = json.loads(run("import", "harbour-news", str(file), "--basis", "spring fair", "--json").stdout)
    assert (done["joined"], done["rejected_file"]) == (1, f"{file}.rejected.csv")

    assert json.loads(run("show", "harbour-news", "--json").stdout)["confirmed"] == 1
    assert [row["slug"] for row in json.loads(run("show", "--json").stdout)] == ["harbour-news"]
    assert "ana@example.org" in run("export", "harbour-news").stdout
    assert "Wrote 1 subscribers" in run("export", "harbour-news", "--out", str(tmp_path / "out.csv")).stderr
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600


def test_what_a_dry_run_says_to_do_next_asks_for_nothing_that_was_given(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email\nana@example.org\n")
    slug = make_list().slug
    without = run("import", slug, str(file), "--dry-run").stderr.replace("\n", " ")
    assert "Run it again without --dry-run, and with --basis." in without
    given = run("import", slug, str(file), "--dry-run", "--basis", "spring fair").stderr.replace("\n", " ")
    assert "Run it again without --dry-run." in given
    assert not Subscriber.objects.exists()


def test_a_report_for_people_adds_up(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email\nana@example.org\nrubbish\n")
    done = run("import", make_list().slug, str(file), "--basis", "spring fair")

    assert done.exit_code == 0
    assert "cannot be used" in done.stdout
    assert "rejected.csv" in done.stderr.replace("\n", "")


def test_an_import_without_a_basis_fails_with_words(tmp_path: Path) -> None:
    """L2."""
    file = tmp_path / "people.csv"
    file.write_text("email\nana@example.org\n")
    done = run("import", make_list().slug, str(file))

    assert done.exit_code == 1
    assert "Say how these people agreed" in done.stderr.replace("\n", " ")
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("show", "nothing"),
        ("export", "nothing"),
        ("import", "nothing", "x.csv", "--basis", "x"),
        ("leave", "x" * 32),
        ("leave", "ana@example.org"),
        ("leave", "ana@example.org", "--list", "nothing"),
        ("suppress", "rubbish"),
        ("create", "x", "--slug", "two words"),
    ],
)
def test_what_cannot_be_done_exits_1_with_the_reason(words: tuple[str, ...]) -> None:
    done = run(*words)

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert not List.objects.exists()


def test_wrong_usage_exits_2() -> None:
    assert run("create").exit_code == 2
    assert run("show", "--nonsense").exit_code == 2


def test_who_writes_to_the_mailbox_is_taken_off() -> None:
    """U8's other half: a person at the mailbox does by hand what the token in it says."""
    letter = make_list(slug="port")
    first, second, third = (make_subscriber(letter, f"{name}@example.org") for name in "abc")
    for words in (
        (api.links_for(leave_token(first, letter), base_url="https://x.example").mailto + "@news.example.org",),
        (leave_token(second, letter),),
        ("C@example.org", "--list", "port"),
    ):
        assert "Taken off the list" in run("leave", *words).stderr
    assert {state_of(person, letter) for person in (first, second, third)} == {S.UNSUBSCRIBED}
    assert "Nothing was changed" in run("leave", leave_token(second, letter)).stderr


@pytest.mark.parametrize("hyphens", ["-", "--"])
def test_a_token_may_begin_with_hyphens(hyphens: str) -> None:
    """They are letters of its alphabet (RFC 4648 §5), and no option is meant."""
    answer = run("leave", f"{hyphens}qldQd2XEeJqB-BnHtPDWuI8rM_uucDy")
    assert answer.exit_code == 1
    assert "not one of ours" in answer.stderr


def test_an_address_is_suppressed_without_being_kept() -> None:
    run("suppress", "ana@example.org", "--reason", "asked by letter")

    assert Suppression.objects.get().reason == "asked by letter"
    assert not Subscriber.objects.exists()
    assert "may get mail again" in run("lift", "Ana@example.org").stderr
    assert "Nothing was changed" in run("lift", "ana@example.org").stderr
    assert not Suppression.objects.exists()
