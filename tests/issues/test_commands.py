"""The commands about publications and issues: what they print, and how they end."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from newsletter.delivery.models import Release
from newsletter.issues import queries, services
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.management.cli import issues, publications
from subscribers.models import Subscription
from subscribers.states import SubscriptionState
from tests.issues import factories
from tests.subscribers.factories import LONG_AGO, make_list, make_subscriber
from tests.terminal import typed

pytestmark = pytest.mark.django_db(transaction=True)


def _run(app: Any, *words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _json(app: Any, *words: str) -> Any:
    result = _run(app, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _create(*more: str) -> Any:
    list_ = make_list(slug="harbour")
    make_subscriber(list_, "reader@readers.example")
    return _json(
        publications.app,
        *("create", "The Harbour Letter", "--list", "harbour", "--sender-address", "letter@harbour.example"),
        *("--postal-address", "1 Quay Street, Port Ember", "--reason", "You joined The Harbour Letter."),
        *("--time-zone", "Europe/Berlin", *more),
    )


def test_a_newsletter_is_created_and_shown() -> None:
    made = _create("--cadence", "0 7 * * 1-5", "--empty-slot", "automatic", "--rule", '{"max_stories": 3}')
    assert made["slug"] == "the-harbour-letter"
    assert made["cadence_in_words"] == "At 07:00 on Monday to Friday"
    assert made["next"].endswith("07:00 (Europe/Berlin)")
    assert made["rule"] == {"max_stories": 3}
    assert _json(publications.app, "show", "the-harbour-letter") == made
    assert _json(publications.app, "list") == [made] == _json(publications.app, "show")
    assert _run(publications.app, "show", "the-harbour-letter").exit_code == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--cadence", "0 25 * * *"), "The hour of the schedule"),
        (("--time-zone", "Berlin"), "no time zone “Berlin”"),
        (("--rule", "{"), "cannot be read"),
        (("--rule", "@/nowhere/rule.json"), "cannot be read"),
        (("--rule", '{"max_stories": 0}'), "max_stories"),
    ],
)
def test_a_setting_that_cannot_be_used_creates_nothing_and_says_why(more: tuple[str, ...], words: str) -> None:
    make_list(slug="harbour")
    base = ("create", "A", "--list", "harbour", "--sender-address", "a@harbour.example")
    result = _run(publications.app, *base, *more)
    assert result.exit_code == 1
    assert words in " ".join(result.output.split())
    assert not Publication.objects.exists()


def test_a_list_that_is_not_there_is_named() -> None:
    result = _run(publications.app, "create", "A", "--list", "nowhere", "--sender-address", "a@harbour.example")
    assert result.exit_code == 1
    assert "lists create" in result.output


def test_settings_are_changed_one_by_one() -> None:
    _create("--cadence", "0 7 * * *")
    changed = _json(publications.app, "set", "the-harbour-letter", "--tagline", "Every morning", "--time-zone", "UTC")
    assert (changed["tagline"], changed["cadence"]) == ("Every morning", "0 7 * * *")
    assert changed["next"].endswith("07:00 (UTC)")
    assert _json(publications.app, "set", "the-harbour-letter", "--cadence", "")["next"] is None


def test_an_issue_goes_its_whole_way_by_commands(tmp_path: Path) -> None:
    _create()
    first, second = factories.article(), factories.article()
    editor = factories.editor()
    made = _json(issues.app, "create", "the-harbour-letter", "--subject", "The ferry is back")
    number = str(made["id"])
    stories = _json(issues.app, "add", number, str(second.pk), str(first.pk))["stories"]
    assert [story["article"] for story in stories] == [second.pk, first.pk]
    assert _json(issues.app, "edit", number, "--preheader", "After two winters")["version"] > made["version"]
    assert not _json(issues.app, "check", number)["blocked"]
    rendered = _json(issues.app, "render", number, "--out", str(tmp_path), "--for", "reader@readers.example")
    assert [Path(name).name for name in rendered["files"]] == ["issue.html", "issue.txt", "issue.eml"]
    assert b"To: reader@readers.example" in (tmp_path / "issue.eml").read_bytes()
    assert _json(issues.app, "test", number, "--to", "ada@harbour.example")["outbox"]
    approved = _json(issues.app, "approve", number, "--by", editor.email, "--at", "2099-01-05 06:00")
    assert (approved["state"], len(approved["approval"])) == ("scheduled", 64)
    at = _json(issues.app, "schedule", number, "--at", "2099-01-05 07:00", "--by", editor.email)
    assert (at["send_at"], at["time"]) == ("2099-01-05T06:00:00+00:00", "Mon 5 Jan 2099, 07:00 (Europe/Berlin)")
    assert _json(issues.app, "release", number, "--by", editor.email, "--yes")["state"] == "sending"
    assert _json(issues.app, "pause", number)["state"] == "paused"
    assert _json(issues.app, "resume", number)["state"] == "sending"
    status = _json(issues.app, "status", number)
    assert (status["candidates"], status["planned"], status["pending"]) == (1, 1, 1)
    assert _json(issues.app, "cancel", number)["state"] == "cancelled"
    assert _json(issues.app, "status", number)["withdrawn"] == 1
    assert [row["id"] for row in _json(issues.app, "list")] == [made["id"]]
    approval = queries.approval_in_force(Issue.objects.get())
    assert approval is not None
    assert approval.approved_by == editor.actor


def test_sending_before_the_time_asks_first_and_says_to_how_many(tmp_path: Path) -> None:
    _create()
    factories.article(added_at=LONG_AGO, published_at=None)
    _run(issues.app, "suggest", "the-harbour-letter")
    number = str(Issue.objects.get().pk)
    assert f"`newsletter issues release {number}`" in _run(issues.app, "approve", number).output
    said = _run(issues.app, "approve", number, "--at", "2099-01-05 07:00").output
    assert "Goes out: Mon 5 Jan 2099, 07:00 (Europe/Berlin)" in said
    refused = typed(issues.app, "release", number, answer="n\n")
    assert refused.exit_code == 1
    assert "It is scheduled for Mon 5 Jan 2099, 07:00 (Europe/Berlin)." in refused.output
    assert "It is dated 2099-01-05, but would go out on " in refused.output
    assert Issue.objects.get().state == "scheduled"
    sent = typed(issues.app, "release", number, answer="y\n")
    assert "Being sent to 1 subscriber." in sent.output


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_where_nobody_can_answer_it_names_what_to_add(more: tuple[str, ...]) -> None:
    number = _scheduled()
    refused = _run(issues.app, "release", number, *more)
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert refused.stderr.startswith("Error: It is scheduled for Mon 5 Jan 2099, 07:00 (Europe/Berlin).")
    assert "--yes" in refused.stderr
    assert Issue.objects.get().state == "scheduled"
    assert _json(issues.app, "release", number, "--yes")["state"] == "sending"


def test_another_day_than_the_mail_bears_is_refused_with_what_to_do() -> None:
    number = _scheduled()
    refused = _run(issues.app, "schedule", number, "--at", "2099-01-06 07:00")
    assert refused.exit_code == 1
    assert "so for another day it has to be approved again" in refused.output
    assert f'newsletter issues approve {number} --at "2099-01-06 07:00"' in refused.output
    assert Issue.objects.get().send_at == datetime(2099, 1, 5, 6, tzinfo=UTC)
    again = _json(issues.app, "approve", number, "--at", "2099-01-06 07:00")
    assert again["send_at"] == "2099-01-06T06:00:00+00:00"


def test_what_is_approved_for_another_day_is_not_sent_without_being_asked() -> None:
    """Its time was taken off, so nothing but its date tells."""
    number = _scheduled()
    services.unschedule(Issue.objects.get(), by="staff:1", now=datetime.now(UTC))
    refused = _run(issues.app, "release", number)
    assert refused.stderr.startswith("Error: It is dated 2099-01-05, but would go out on ")
    assert Issue.objects.get().state == "approved"


def test_what_would_go_to_nobody_is_not_sent_and_stays_as_it_is() -> None:
    number = _scheduled()
    Subscription.objects.update(state=SubscriptionState.PENDING)
    refused = _run(issues.app, "release", number, "--yes")
    assert refused.exit_code == 1
    assert "nobody to send issue 1 to" in refused.stderr
    issue = Issue.objects.get()
    assert (issue.state, issue.send_at) == ("scheduled", datetime(2099, 1, 5, 6, tzinfo=UTC))


def test_when_it_goes_out_is_told_to_scripts_in_one_form() -> None:
    """In UTC, whether it is the issue's own time or the next of its newsletter."""
    _create("--cadence", "0 7 * * 1")
    factories.article(added_at=LONG_AGO, published_at=None)
    _run(issues.app, "suggest", "the-harbour-letter")
    number = str(Issue.objects.get().pk)
    for more in ((), ("--at", "2099-07-06 07:00")):
        assert _run(issues.app, "approve", number, *more).exit_code == 0
        [listed] = _json(issues.app, "list")
        told = {_json(issues.app, "status", number)["goes_out_at"], listed["goes_out_at"]}
        [at] = told
        assert at.endswith(":00:00+00:00")
        assert datetime.fromisoformat(at).astimezone(ZoneInfo("Europe/Berlin")).hour == 7


def test_an_issue_sent_by_hand_tells_when_it_was_released_in_the_newsletters_zone() -> None:
    number = _scheduled()
    assert _run(issues.app, "release", number, "--yes").exit_code == 0
    at = Release.objects.get().started_at
    [listed], status = _json(issues.app, "list"), _json(issues.app, "status", number)
    assert datetime.fromisoformat(listed["goes_out_at"]) == datetime.fromisoformat(status["goes_out_at"]) == at
    local = at.astimezone(ZoneInfo("Europe/Berlin"))
    assert listed["time"] == status["time"]
    assert status["time"].endswith(f"{local:%H:%M} (Europe/Berlin)")
    told = " ".join(_run(issues.app, "status", number).stdout.split())
    assert status["time"] in told
    assert "None" not in told
    assert f"Went out: {status['time']}" in _run(issues.app, "show", number).stdout


def test_the_status_of_a_draft_names_no_time() -> None:
    _create()
    factories.article(added_at=LONG_AGO, published_at=None)
    _run(issues.app, "suggest", "the-harbour-letter")
    assert "None" not in _run(issues.app, "status", str(Issue.objects.get().pk)).stdout


def _scheduled() -> str:
    """The id of an issue approved for Mon 5 Jan 2099, 07:00 in Berlin."""
    _create()
    factories.article(added_at=LONG_AGO, published_at=None)
    _run(issues.app, "suggest", "the-harbour-letter")
    number = str(Issue.objects.get().pk)
    assert _run(issues.app, "approve", number, "--at", "2099-01-05 07:00").exit_code == 0
    return number


def test_every_command_speaks_to_people_too(tmp_path: Path) -> None:
    _create()
    factories.article(added_at=LONG_AGO, published_at=None)
    said = _run(issues.app, "suggest", "the-harbour-letter")
    assert "number 1, is a draft" in said.output
    number = str(Issue.objects.get().pk)
    for words in (("show", number), ("list",), ("status", number), ("check", number)):
        assert _run(issues.app, *words).exit_code == 0
    assert "as it is now" in _run(issues.app, "render", number, "--out", str(tmp_path)).output
    assert "scheduled" in _run(issues.app, "approve", number, "--at", "2099-01-05 07:00").output


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("show", "404"), "There is no issue 404"),
        (("release", "{issue}"), "approved first"),
        (("schedule", "{issue}", "--at", "2099-01-05 07:00"), "approved first"),
        (("approve", "{issue}", "--by", "nobody@harbour.example"), "Nobody on the team has the address"),
        (("approve", "{issue}", "--by", "gone@harbour.example"), "may not approve"),
        (("approve", "{issue}", "--at", "soon"), "is not a time"),
        (("approve", "{issue}", "--at", "2020-01-01 07:00"), "in the past"),
        (("approve", "{issue}"), "cannot be approved yet"),
        (("add", "{issue}", "404"), "no article 404"),
        (("test", "{issue}", "--to", "not an address"), ""),
        (("render", "{issue}", "--out", "/proc/nowhere"), "cannot be written"),
        (("render", "{issue}", "--out", ".", "--for", "who?"), ""),
        (("create", "nowhere"), "no newsletter “nowhere”"),
        (("create", "the-harbour-letter", "--introduction-file", "/nowhere.md"), "cannot be read"),
        (("pause", "{issue}"), "this step is not possible now"),
    ],
)
def test_what_cannot_be_done_ends_with_one_and_its_reason(words: tuple[str, ...], hint: str) -> None:
    _create()
    factories.editor("gone@harbour.example", is_active=False)
    _json(issues.app, "create", "the-harbour-letter")
    number = str(Issue.objects.get().pk)
    result = _run(issues.app, *(word.format(issue=number) for word in words))
    assert result.exit_code == 1, result.output
    assert result.output.startswith("Error: ")
    assert hint in " ".join(result.output.split())
    assert Issue.objects.get().state == IssueState.DRAFT


def test_an_issue_that_must_not_be_sent_is_checked_with_exit_code_one() -> None:
    _create()
    _json(issues.app, "create", "the-harbour-letter", "--subject", "Empty")
    result = _run(issues.app, "check", str(Issue.objects.get().pk))
    assert result.exit_code == 1
    assert "Must not be sent" in result.output


def test_wrong_usage_ends_with_two() -> None:
    assert _run(issues.app, "show", "one").exit_code == 2
    assert _run(issues.app, "schedule", "1").exit_code == 2
