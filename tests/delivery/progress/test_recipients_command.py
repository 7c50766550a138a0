"""`newsletter deliveries`: what it prints, and how it ends."""

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from newsletter.delivery.ledger import audience_freeze, leases, results
from newsletter.delivery.ledger.settlements import Settlement
from newsletter.delivery.states import DeliveryState as D
from newsletter.issues.models import Issue
from newsletter.management.cli import recipients
from newsletter.staff.models import AuditEntry
from tests.delivery import newsroom

pytestmark = pytest.mark.django_db


def run(*words: str) -> Result:
    return CliRunner().invoke(recipients.app, list(words))


def parsed(*words: str) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def people(readers: newsroom.Readers, issue: Issue, now: datetime) -> list[int]:
    """Two at one domain, refused and deferred; one elsewhere, taken."""
    people = [*readers.join(2, domain="harbour.example"), *readers.join(1)]
    audience_freeze.freeze(issue.pk, by="staff:1", now=now)
    lease = leases.claim(owner="w", host="h", now=now, states=leases.SENDING)
    assert lease is not None
    due = now + timedelta(minutes=5)
    group = [
        Settlement(
            subscriber=people[0],
            state=D.REFUSED,
            tries=1,
            code=550,
            enhanced="5.1.1",
            reply='=HYPERLINK("x")',
            phase="rcpt",
            tried=D.REFUSED,
        ),
        Settlement(subscriber=people[1], state=D.DEFERRED, tries=1, code=451, due=due, phase="rcpt", tried=D.DEFERRED),
        Settlement(subscriber=people[2], state=D.ACCEPTED, tries=1, code=250, tried=D.ACCEPTED),
    ]
    assert results.settle(lease, group, now=now)
    return people


def emails(rows: list[dict[str, Any]]) -> list[str]:
    return [row["email"] for row in rows]


def test_who_did_not_get_it_is_listed(people: list[int], issue: Issue) -> None:
    """listmonk #2221."""
    number = str(issue.pk)
    found = parsed("list", number)
    assert emails(found["deliveries"]) == ["reader0@harbour.example", "reader1@harbour.example"]
    assert found["after"] is None
    assert found["deliveries"][0]["state"] == "refused"
    assert emails(parsed("list", number, "--state", "all")["deliveries"])[-1] == "reader2@example.org"
    assert emails(parsed("list", number, "--code", "5.1")["deliveries"]) == ["reader0@harbour.example"]
    assert emails(parsed("list", number, "--state", "all", "--domain", "Example.ORG")["deliveries"]) == [
        "reader2@example.org"
    ]
    first = parsed("list", number, "--limit", "1")
    second = parsed("list", number, "--limit", "1", "--after", str(first["after"]))
    assert emails(first["deliveries"] + second["deliveries"]) == emails(found["deliveries"])
    assert "refused" in run("list", number).stdout


def test_one_is_shown_with_every_try(people: list[int], issue: Issue) -> None:
    found = parsed("show", str(issue.pk), "READER1@harbour.example")
    assert (found["recipient"], found["state"]) == (people[1], "deferred")
    assert [(one["phase"], one["code"]) for one in found["attempts"]] == [("rcpt", 451)]
    assert "deferred" in run("show", str(issue.pk), "reader1@harbour.example").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("list", "ISSUE", "--state", "sent"),
        ("list", "ISSUE", "--code", "many"),
        ("list", "ISSUE", "--domain", "not a domain"),
        ("list", "99999999"),
        ("show", "ISSUE", "nobody@harbour.example"),
        ("show", "ISSUE", "nothing"),
        ("export", "99999999"),
    ],
)
def test_a_mistake_is_said_and_ends_with_1(words: tuple[str, ...], people: list[int], issue: Issue) -> None:
    done = run(*[str(issue.pk) if word == "ISSUE" else word for word in words])
    assert done.exit_code == 1
    assert "Error:" in done.stderr
    assert not AuditEntry.objects.filter(action="issue.recipients-export").exists()


def test_the_export_is_a_csv_without_formulas_and_stands_in_the_audit_log(
    people: list[int], issue: Issue, tmp_path: Path
) -> None:
    """Threat 19."""
    target = tmp_path / "recipients.csv"
    done = run("export", str(issue.pk), "--state", "all", "--out", str(target))
    assert done.exit_code == 0, done.output
    assert "3 recipients" in done.stderr
    assert target.stat().st_mode & 0o777 == 0o600
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert emails(rows) == ["reader0@harbour.example", "reader1@harbour.example", "reader2@example.org"]
    assert rows[0]["reply"] == '\'=HYPERLINK("x")'
    assert [row["state"] for row in rows] == ["refused", "deferred", "accepted"]
    lines = run("export", str(issue.pk), "--json").stdout.splitlines()
    assert emails([json.loads(line) for line in lines]) == ["reader0@harbour.example", "reader1@harbour.example"]
    entry = AuditEntry.objects.filter(action="issue.recipients-export").order_by("pk").first()
    assert entry is not None
    assert (entry.actor, entry.subject, entry.detail["state"]) == ("command", f"issue:{issue.pk}", "all")
    assert "@" not in json.dumps(entry.detail)


def test_a_file_that_cannot_be_written_leaves_nothing(people: list[int], issue: Issue, tmp_path: Path) -> None:
    done = run("export", str(issue.pk), "--out", str(tmp_path / "no" / "such" / "folder.csv"))
    assert done.exit_code == 1
    assert list(tmp_path.iterdir()) == []
