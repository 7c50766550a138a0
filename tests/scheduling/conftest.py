"""The steps of a slot with true small parts: the audience's freeze alone is stood in for by its state changes."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from newsletter.delivery import alarms
from newsletter.issues import assembling, services
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.scheduling import work
from tests.issues import factories


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Room:
    """What the pipeline would hand in, and what was released."""

    released: list[int] = field(default_factory=list)
    die_before_release: bool = False
    die_while_freezing: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def steps(self) -> work.Steps:
        return work.Steps(
            assemble=assembling.assemble,
            approve=self.approve,
            release=self.release,
            alarm=alarms.raise_alarm,
            alarms=alarms.standing,
            settle=alarms.settle_alarm,
        )

    def approve(self, issue: Issue, *, by: str, now: datetime) -> object:
        return services.approve(issue, by=by, now=now, consent=factories.consent(issue, now=now))

    def release(self, issue_id: int, *, by: str, now: datetime) -> object:
        if self.die_before_release:
            raise Killed
        issue = services.ready_to_release(issue_id, by=by, now=now)
        services.move(issue.pk, IssueState.FREEZING, now=now, by=by)
        if self.die_while_freezing:
            raise Killed
        services.move(issue.pk, IssueState.SENDING, now=now, by=by)
        with self.lock:
            self.released.append(issue_id)
        return issue

    def tick(self, now: datetime) -> list[str]:
        return work.tick(now=now, steps=self.steps())


@pytest.fixture
def room() -> Room:
    return Room()
