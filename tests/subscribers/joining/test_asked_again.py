"""Who left in another program is not added by hand without a word: somebody says that they have asked again."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from typer.testing import CliRunner

from newsletter.management.cli import lists as group
from subscribers import api
from subscribers.models import ConsentEvent, List, Subscriber, Subscription
from tests.subscribers.factories import make_list, make_subscriber, state_of

pytestmark = pytest.mark.django_db
GONE = "gone@reader.example"


@pytest.fixture
def admin() -> Client:
    visitor = Client()
    visitor.force_login(get_user_model().objects.create(email="admin@example.org", is_admin=True))
    return visitor


@pytest.fixture
def letter(tmp_path: Path, now: datetime) -> List:
    letter = make_list()
    file = tmp_path / "old-program.csv"
    file.write_text(f"email,unsubscribed_at\n{GONE},2024-01-01\n")
    api.import_csv(letter.pk, file, basis="fair", now=now, actor="test")
    return letter


def test_search_and_add_say_so_and_ask_before_anybody_is_added(admin: Client, letter: List) -> None:
    """Threat 24: never a silent wake."""
    found = admin.post(f"/lists/{letter.pk}/", {"q": GONE}).content.decode()
    assert "in another program, according to “old-program.csv”, imported on 26 Nov 2026" in found
    assert "Or add it below" not in found
    assert "old-program.csv" in admin.post("/lists/find/", {"address": GONE}).content.decode()

    typed = {"address": GONE, "basis": "asked by letter, 3 May 2026"}
    refused = admin.post(f"/lists/{letter.pk}/add/", typed)
    assert refused.status_code == 422
    assert "left in another program, according to “old-program.csv” of 26 Nov 2026" in refused.content.decode()
    assert 'name="asked_again"' in refused.content.decode()
    assert not Subscriber.objects.exists()

    assert admin.post(f"/lists/{letter.pk}/add/", {**typed, "asked_again": "on", "basis": ""}).status_code == 422
    assert admin.post(f"/lists/{letter.pk}/add/", {**typed, "asked_again": "on"}).status_code == 302
    person = Subscriber.objects.get()
    assert state_of(person, letter) == "confirmed"
    assert ConsentEvent.objects.get().text == typed["basis"]
    assert "according to “old-program.csv”" in admin.get(f"/lists/people/{person.pk}/").content.decode()


def test_another_list_and_other_people_are_not_asked_about(letter: List, now: datetime) -> None:
    assert api.add(make_list(name="Other").pk, GONE, basis="asked", now=now, actor="test")
    assert api.add(letter.pk, "new@reader.example", basis="asked", now=now, actor="test")


def test_the_door_and_the_command_ask_too(letter: List, now: datetime) -> None:
    with pytest.raises(api.LeftBefore):
        api.add(letter.pk, GONE, basis="asked", now=now, actor="test")
    add = ["add", letter.slug, GONE, "--basis", "asked by letter"]
    refused = CliRunner().invoke(group.app, add)
    assert (refused.exit_code, "--asked-again" in refused.stderr) == (1, True)
    assert not Subscription.objects.exists()
    assert CliRunner().invoke(group.app, [*add, "--asked-again"]).exit_code == 0
    assert Subscription.objects.get().basis == "asked by letter"
    again = CliRunner().invoke(group.app, [*add, "--asked-again"])
    assert "already on the list" in again.stderr.replace("\n", " ")


def test_who_left_there_is_counted_apart_from_what_cannot_be_used(tmp_path: Path, letter: List) -> None:
    file = tmp_path / "mixed.csv"
    file.write_text("email,unsubscribed\nana@example.org,no\nbo@example.org,yes\nrubbish,no\n")
    done = CliRunner().invoke(group.app, ["import", letter.slug, str(file), "--dry-run", "--json"])
    report = json.loads(done.stdout)
    assert (report["rejected"], report["left"], report["unusable"]) == (2, 1, 1)
    said = CliRunner().invoke(group.app, ["import", letter.slug, str(file), "--dry-run"])
    assert "left there, according to the file: not added" in said.stdout
    assert "Nothing was changed or written but for that file" in said.stderr.replace("\n", " ")


def test_a_domain_is_shown_in_its_own_letters(admin: Client, letter: List) -> None:
    person = make_subscriber(letter, "ana@bücher.example")
    for page in (f"/lists/{letter.pk}/", f"/lists/people/{person.pk}/"):
        shown = admin.get(page).content.decode()
        assert ("ana@bücher.example" in shown, "xn--" in shown) == (True, False)
