"""The page of activity says in words what the audit log records."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from newsletter.issues.states import IssueState
from newsletter.staff import services as staff
from newsletter.staff.models import User
from newsletter.web import words

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
def test_a_time_in_the_log_is_told_as_every_time_is(signed_in: Callable[[User], Client], admin: User) -> None:
    detail = {"send_at": "2031-01-15T06:30:00+00:00", "asked_at": "soon"}
    staff.record(actor=admin.actor, action="issue.approve", subject="issue:1", now=timezone.now(), detail=detail)
    page = signed_in(admin).get("/activity/").content.decode()
    assert "send_at: Wed 15 Jan 2031, 06:30" in page
    assert "asked_at: soon" in page
    assert "Approved an issue" in page
