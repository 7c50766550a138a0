"""The page of activity says in words what the audit log records."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.staff.models import AuditEntry, User
from newsletter.stored import stored
from newsletter.translatable import Translatable
from newsletter.web import words
from tests.issues import factories

SOURCES = Path(__file__).resolve().parent.parent.parent / "newsletter"


def test_whatever_is_recorded_has_its_words() -> None:
    """The names that stand in the code, and the states that an issue moves to."""
    texts = [path.read_text() for path in sorted(SOURCES.rglob("*.py"))]
    recorded = {name for text in texts for name in re.findall(r'\baction="([a-z.-]+\.[a-z-]+)"', text)}
    recorded |= {f"issue.{state.value}" for state in IssueState}
    recorded |= {f"transport.{name}" for name in ("create", "edit", "remove", "pause", "resume")}
    assert len(recorded) > 35
    assert recorded <= set(words.ACTION)


def test_what_is_not_known_says_itself() -> None:
    assert words.action("something.new") == "something.new"


@pytest.mark.django_db
def test_an_approval_is_told_once_with_its_time_and_its_issue(signed_in: Callable[[User], Client], admin: User) -> None:
    issue, now = factories.issue(), timezone.now()
    AuditEntry.objects.all().delete()
    by = {"actor": admin.actor, "subject": f"issue:{issue.pk}", "now": now}
    staff.record(action="issue.approve", detail={"send_at": "2031-01-15T06:30:00+00:00", "digest": "d" * 64}, **by)
    staff.record(action="issue.approved", detail={"from": "draft", "to": "approved"}, **by)
    staff.record(action="issue.scheduled", detail={"from": "approved", "to": "scheduled"}, **by)
    page = signed_in(admin).get("/activity/").content.decode()
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert table.count("<tr>") == 1
    assert "Approved an issue" in table
    assert "Goes out on Wed 15 Jan 2031, 06:30." in table
    assert f'href="/issues/{issue.pk}/"' in table
    assert "dddd" not in table


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["issue.approved", "issue.scheduled"])
def test_what_only_renews_an_approval_says_why(signed_in: Callable[[User], Client], admin: User, step: str) -> None:
    """Taking the time off records a new approval, too: alone, that would read as if somebody had approved it."""
    issue, now = factories.issue(), timezone.now()
    AuditEntry.objects.all().delete()
    by = {"actor": admin.actor, "subject": f"issue:{issue.pk}", "now": now}
    staff.record(action="issue.approve", detail={"send_at": None, "digest": "d" * 64}, **by)
    staff.record(action=step, detail={"reason": stored(Translatable("It follows the newsletter’s schedule."))}, **by)
    table = signed_in(admin).get("/activity/").content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    assert table.count("<tr>") == 1
    assert "Approved an issue" in table
    assert "It follows the newsletter’s schedule." in table


@pytest.mark.django_db
def test_no_word_of_the_machine_stands_there(signed_in: Callable[[User], Client], admin: User) -> None:
    now = timezone.now()
    what = stored(Translatable("The story “%(title)s” was moved.", title="Fog"))
    for action, subject, detail in (
        ("issue.edit", "issue:99", {"what": what, "version": 7, "voided": "approved"}),
        ("issue.paused", "issue:99", {"from": "sending", "to": "paused", "reason": "old and plain"}),
        ("staff.roles", admin.actor, {"roles": ["editor"]}),
        ("limits.set", "limit:server:default", {"per_day": "50", "warm_up": "careful", "warm_up_start": "2026-11-30"}),
        ("publication.edit", "publication:99", {"changed": ["sender_name", "something_new"]}),
        ("issue.approve", "issue:99", {"digest": "d" * 64, "send_at": None}),
        ("publication.cadence", "publication:99", {"rule": "0 7 * * 1-5", "time_zone": "UTC"}),
        ("issue.resend", "issue:99", {"count": 3, "kinds": ["full", "expired"]}),
    ):
        staff.record(actor=admin.actor, action=action, subject=subject, now=now, detail=detail)
    table = signed_in(admin).get("/activity/").content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    for told in (
        "The story “Fog” was moved.",
        "Its approval no longer holds.",
        "old and plain",
        "Roles: Editor",
        "50 a day",
        "Warm-up: Careful",
        "Changed: Sender’s name",
        "At 07:00 on Monday to Friday",
        "3 mails",
        "Mailbox full",
    ):
        assert told in table
    for raw in ("issue:99", "None", "['", "from:", "version", "dddd", "something_new", "limit:", "staff:", "0 7 *"):
        assert raw not in table
