"""What an admin answers of some values adds to what is known: no answer about one word wakes the others."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from typer.testing import CliRunner

from newsletter.management.cli import lists as group
from subscribers import api
from subscribers.imports.columns import answers
from subscribers.models import LeftElsewhere, Subscriber
from tests.subscribers.factories import make_list
from tests.subscribers.imports.test_elsewhere import bring

pytestmark = pytest.mark.django_db

FLUENT = (
    "email,status\nstays@reader.example,subscribed\ngone1@reader.example,unsubscribed\nask@reader.example,pending\n"
    "gone2@reader.example,bounced\ngone3@reader.example,complained\ngone4@reader.example,spammed\n"
)
STAYS = {"stays@reader.example"}


def test_an_answer_for_the_one_unknown_word_leaves_the_known_ones_as_they_are(tmp_path: Path, now: datetime) -> None:
    done = bring(FLUENT, tmp_path, now, status="left:spammed")
    assert done.joined == STAYS
    assert done.report.left == 4
    assert "agreed or confirmed" in done.reported["ask@reader.example"]
    assert LeftElsewhere.objects.count() == 4


def test_who_never_confirmed_is_not_remembered_as_gone_by_such_an_answer(tmp_path: Path, now: datetime) -> None:
    done = bring(FLUENT, tmp_path, now, status="left:spammed|pending")
    assert (done.joined, done.report.left) == (STAYS, 4)


def test_a_known_word_is_overruled_only_by_name(tmp_path: Path, now: datetime) -> None:
    done = bring(FLUENT, tmp_path, now, status="left:spammed|stays:bounced|pending")
    assert done.joined == STAYS | {"gone2@reader.example", "ask@reader.example"}


@pytest.mark.parametrize(
    ("content", "answers"),
    [
        ("email,Unsubscribed\nstays@reader.example,no\ngone@reader.example,yes\ngone2@reader.example,?\n", "left:?"),
        ("email,active\nstays@reader.example,yes\ngone@reader.example,no\ngone2@reader.example,out\n", "left:out"),
        (
            "email,club\nstays@reader.example,A\ngone@reader.example,Unsubscribed from all\ngone2@reader.example,B\n",
            "left:b",
        ),
        (
            "email,unsubscribed_at\nstays@reader.example,\ngone@reader.example,2023-05-06\ngone2@reader.example,moved\n",
            "left:moved",
        ),
    ],
)
def test_what_its_title_makes_known_stays_known(content: str, answers: str, tmp_path: Path, now: datetime) -> None:
    title = content.split("\n")[0].split(",")[1]
    assert bring(content, tmp_path, now, **{title: answers}).joined == STAYS


def test_numbers_mean_what_is_said_of_them(tmp_path: Path, now: datetime) -> None:
    content = "email,bounces\nstays@reader.example,1\ngone@reader.example,7\nmore@reader.example,2\n"
    assert bring(content, tmp_path, now, bounces="left:7").joined == STAYS | {"more@reader.example"}


@pytest.mark.parametrize("word", ["unsubscribed", "unsubscribed from all", "opted out by phone", "abgemeldet am Stand"])
def test_a_plain_word_of_leaving_does_not_join_below_may_be_mailed(word: str, tmp_path: Path, now: datetime) -> None:
    content = f"email,wishes\nstays@reader.example,all letters\ngone@reader.example,{word}\n"
    done = bring(content, tmp_path, now, wishes="stays")
    assert (done.joined, set(done.reported)) == (STAYS, {"gone@reader.example"})


@pytest.mark.parametrize("word", ["not unsubscribed", "still subscribed", "noch angemeldet"])
def test_who_has_not_left_is_not_remembered_as_gone(word: str, tmp_path: Path, now: datetime) -> None:
    content = f"email,unsubscribed_at\nstays@reader.example,{word}\ngone@reader.example,2023-05-06\n"
    done = bring(content, tmp_path, now, unsubscribed_at="left")
    assert done.report.left == 1
    assert set(done.reported) == {"stays@reader.example", "gone@reader.example"}


@pytest.mark.parametrize("answer", ["left:spamed", "left:spammed|stays:bouncd"])
def test_a_value_that_is_not_there_is_refused(answer: str, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(api.InvalidInput, match="has no value"):
        bring(FLUENT, tmp_path, now, status=answer)


def test_an_answer_with_values_is_written_as_it_is_read() -> None:
    left, stays = ["a", "b"], ["c", "d"]
    assert answers.named(answers.answer_of(left, stays)) == (left, stays)
    assert answers.named(answers.answer_of(left, [])) == (left, [])
    assert answers.named("left") is None


def test_the_command_prints_what_was_answered(tmp_path: Path) -> None:
    letter = make_list()
    file = tmp_path / "people.csv"
    file.write_text(FLUENT)
    words = ["import", letter.slug, str(file), "--basis", "spring fair"]
    done = CliRunner().invoke(group.app, [*words, "--column", "status=left:spammed|stays:bounced"])
    assert done.exit_code == 0
    assert "has left: spammed; may be mailed: bounced" in done.stdout
    assert "not empty" not in done.stdout


# The page ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client: Client) -> Client:
    """Signed in with the right to manage subscribers."""
    client.force_login(get_user_model().objects.create(email="boss@example.org", is_admin=True))
    return client


def sent(admin: Client, content: str) -> str:
    """Upload a file; the address of its page."""
    file = SimpleUploadedFile("people.csv", content.encode())
    return str(admin.post(f"/lists/{make_list().pk}/import/", {"file": file}).headers["Location"])


def ticked(admin: Client, page: str) -> set[str]:
    """The values that are ticked there."""
    html = admin.get(page).content.decode()
    return set(re.findall(r'name="values-1" value="([^"]*)" checked', html))


def test_known_values_are_ticked_beforehand(admin: Client) -> None:
    page = sent(admin, FLUENT)
    assert ticked(admin, page) == {"unsubscribed", "pending", "bounced", "complained"}


def test_ticking_chooses_though_the_menu_was_left_alone(admin: Client) -> None:
    page = sent(admin, FLUENT)
    values = ["unsubscribed", "pending", "bounced", "complained", "spammed"]
    admin.post(page, {"action": "columns", "column-0": "address", "column-1": "", "values-1": values})
    admin.post(
        page,
        {"action": "commit", "basis": "spring fair", "column-0": "address", "column-1": "values", "values-1": values},
    )
    assert set(Subscriber.objects.values_list("address", flat=True)) == STAYS
    assert LeftElsewhere.objects.count() == 4


def test_who_unticks_a_known_value_says_that_it_may_be_mailed(admin: Client) -> None:
    page = sent(admin, FLUENT)
    values = ["unsubscribed", "pending", "complained", "spammed"]
    admin.post(page, {"action": "columns", "column-0": "address", "column-1": "values", "values-1": values})
    assert ticked(admin, page) == set(values)
    admin.post(
        page,
        {"action": "commit", "basis": "spring fair", "column-0": "address", "column-1": "values", "values-1": values},
    )
    assert set(Subscriber.objects.values_list("address", flat=True)) == STAYS | {"gone2@reader.example"}


@pytest.mark.parametrize(("said", "words"), [("values", "Tick at least one value"), ("", "Choose what this column")])
def test_what_is_missing_is_said_beside_the_column_and_the_choice_is_kept(said: str, words: str, admin: Client) -> None:
    page = sent(admin, "email,Unsub pref\nana@reader.example,abc\nbo@reader.example,weekly\n")
    answer = admin.post(page, {"action": "columns", "column-0": "address", "column-1": said})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html.partition('name="column-1"')[0].rpartition("<tr>")[2]
    assert (f'value="{said}" selected' in html) is bool(said)
    assert not Subscriber.objects.exists()


def test_a_menu_that_was_changed_counts_whatever_is_ticked(admin: Client) -> None:
    page = sent(admin, FLUENT)
    values = ["unsubscribed", "pending", "bounced", "complained"]
    admin.post(page, {"action": "columns", "column-0": "address", "column-1": "ignore", "values-1": values})
    assert "Add these people" in admin.get(page).content.decode()


def test_an_answer_for_the_command_is_refused_where_it_names_no_meaning() -> None:
    with pytest.raises(ValueError, match="status"):
        api.column_answer("status=stays:active")
