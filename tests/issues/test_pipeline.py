"""The storyboard, once through: articles in, an issue in every inbox of a list."""

import threading
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from newsletter import conf, pipeline
from newsletter.delivery.ledger import queries as ledger
from newsletter.delivery.models import OutboxMail, Release
from newsletter.delivery.servers.carrier_registry import SingleCarrier
from newsletter.delivery.smtp.memory_carrier import MemoryCarrier
from newsletter.delivery.worker.delivery_worker import Worker
from newsletter.errors import NotAllowed, NotFound
from newsletter.issues import queries, services
from newsletter.issues.models import Issue, Publication
from newsletter.issues.states import IssueState
from newsletter.management.cli import issue_export
from newsletter.staff.models import AuditEntry
from tests.issues import factories
from tests.issues.factories import COLLEAGUE, NOW, WRITER
from tests.subscribers.factories import make_list, make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_journals(settings: Any, tmp_path: Path) -> None:
    """The database is emptied between tests behind its journals, which must not pass for a restored backup."""
    settings.NEWSLETTER = replace(settings.NEWSLETTER, data_dir=tmp_path)


@pytest.fixture
def publication() -> Publication:
    list_ = make_list()
    for number in range(3):
        make_subscriber(list_, f"reader{number}@readers.example", name=f"Reader {number}")
    make_subscriber(list_, "gone@readers.example", suppressed=True)
    return factories.publication(list_id=list_.pk)


def _issue(publication: Publication) -> Issue:
    for _ in range(3):
        factories.article()
    return pipeline.assemble(publication=publication, now=NOW, by=WRITER)


def _deliver(carrier: MemoryCarrier) -> None:
    with Worker(conf.config(), SingleCarrier(carrier)) as worker:
        while worker.work_once(NOW):
            pass


def test_articles_become_an_issue_in_every_inbox(publication: Publication) -> None:
    issue = _issue(publication)
    pipeline.approve(issue, by=COLLEAGUE, now=NOW)
    release = pipeline.release(issue.pk, by=COLLEAGUE, now=NOW)
    carrier = MemoryCarrier()
    _deliver(carrier)
    assert (release.candidates, release.planned, release.excluded) == (4, 3, {"suppressed": 1})
    assert sorted(message.recipient for message in carrier.sent) == [f"reader{n}@readers.example" for n in range(3)]
    status = ledger.ledger(issue.pk)
    assert (status["state"], status["accepted"], status["planned"]) == ("finished", 3, 3)


def test_the_scheduler_releases_a_scheduled_issue(publication: Publication) -> None:
    issue = _issue(publication)
    at = NOW + timedelta(hours=1)
    pipeline.approve(issue, by=COLLEAGUE, now=NOW, send_at=at)
    assert pipeline.tick(NOW) == []
    assert pipeline.tick(at) == ["Issue 1 was released."]
    assert queries.get_issue(issue.pk).state == IssueState.SENDING


def test_sending_twice_is_one_release(publication: Publication) -> None:
    """P2: "send now" pressed twice."""
    issue = _issue(publication)
    pipeline.approve(issue, by=COLLEAGUE, now=NOW)
    first = pipeline.release(issue.pk, by=COLLEAGUE, now=NOW)
    with pytest.raises(NotAllowed, match="already"):
        pipeline.release(issue.pk, by=COLLEAGUE, now=NOW)
    assert ledger.ledger(issue.pk)["planned"] == first.planned


def test_send_now_pressed_by_four_at_once_is_one_release_and_one_mail_each(publication: Publication) -> None:
    """P2: the one that wins releases, the others are told, or get the same release."""
    issue = _issue(publication)
    pipeline.approve(issue, by=COLLEAGUE, now=NOW)
    start = threading.Barrier(4)
    came: list[str] = []

    def press() -> None:
        try:
            start.wait()
            pipeline.release(issue.pk, by=COLLEAGUE, now=NOW)
            came.append("released")
        except NotAllowed:
            came.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(came) == 4
    assert "released" in came
    carrier = MemoryCarrier()
    _deliver(carrier)
    assert sorted(message.recipient for message in carrier.sent) == [f"reader{n}@readers.example" for n in range(3)]
    assert Release.objects.count() == 1
    assert AuditEntry.objects.filter(action="issue.freezing").count() == 1


def test_the_approved_bytes_go_out_whatever_happened_to_the_article(publication: Publication) -> None:
    issue = _issue(publication)
    pipeline.approve(issue, by=COLLEAGUE, now=NOW)
    article = queries.entries_of(issue)[0].article
    article.title = "Nobody approved this headline"
    article.save()
    pipeline.release(issue.pk, by=COLLEAGUE, now=NOW)
    carrier = MemoryCarrier()
    _deliver(carrier)
    for message in carrier.sent:
        parsed = message_from_bytes(message.data, policy=policy.SMTP)
        html = parsed.get_body(("html",))
        assert html is not None
        assert "Nobody approved" not in html.get_content()


def test_the_proof_of_a_reader_is_the_message_that_reader_gets(publication: Publication, tmp_path: Path) -> None:
    issue = _issue(publication)
    pipeline.approve(issue, by=COLLEAGUE, now=NOW)
    pipeline.release(issue.pk, by=COLLEAGUE, now=NOW)
    carrier = MemoryCarrier()
    _deliver(carrier)
    later = NOW + timedelta(hours=3)
    exported = issue_export.write(
        queries.get_issue(issue.pk), out=tmp_path, now=later, address="reader1@readers.example"
    )
    (sent,) = [message for message in carrier.sent if message.recipient == "reader1@readers.example"]
    assert (tmp_path / "issue.eml").read_bytes() == sent.data
    assert (exported.approved, exported.barred) == (True, None)
    text = (tmp_path / "issue.txt").read_text()
    assert "kq7z" not in text
    assert "/u/" in text


def test_a_proof_of_a_draft_shows_a_sample_reader(publication: Publication, tmp_path: Path) -> None:
    exported = issue_export.write(_issue(publication), out=tmp_path / "new" / "folder", now=NOW)
    parsed = message_from_bytes(exported.files[2].read_bytes(), policy=policy.SMTP)
    assert not exported.approved
    assert parsed["To"] == "reader@example.org"
    assert [part.get_content_type() for part in parsed.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_proof_says_why_a_reader_would_not_get_it(publication: Publication, tmp_path: Path) -> None:
    issue = _issue(publication)
    exported = issue_export.write(issue, out=tmp_path, now=NOW, address="gone@readers.example")
    assert exported.barred == "suppressed"
    with pytest.raises(NotFound, match="not on the newsletter's list"):
        issue_export.write(issue, out=tmp_path, now=NOW, address="stranger@readers.example")


def test_a_test_mail_is_marked_waits_in_the_outbox_and_harms_nobody(publication: Publication) -> None:
    """U7: no list headers on our single mails."""
    issue = _issue(publication)
    services.edit_issue(issue, by=WRITER, now=NOW, introduction="Hello {{name|friend}}, [leave]({{unsubscribe_url}}).")
    mail = pipeline.test_mail(queries.get_issue(issue.pk), to="ada@harbour.example", now=NOW)
    row = OutboxMail.objects.get(pk=mail.pk)
    assert (row.kind, row.recipient) == ("test", "ada@harbour.example")
    parsed = message_from_bytes(bytes(row.message), policy=policy.SMTP)
    assert str(parsed["Subject"]).startswith("[Test] ")
    assert parsed["List-Unsubscribe"] is None
    body = parsed.get_body(("plain",))
    assert body is not None
    assert "Hello friend" in body.get_content()
    assert "kq7z" not in body.get_content()
    carrier = MemoryCarrier()
    _deliver(carrier)
    assert [message.recipient for message in carrier.sent] == ["ada@harbour.example"]
    assert ledger.ledger(issue.pk)["planned"] == 0


def test_what_blocks_is_told_before_anyone_approves(publication: Publication) -> None:
    issue = _issue(publication)
    assert not pipeline.check(issue, now=NOW).blocked
    Publication.objects.filter(pk=publication.pk).update(postal_address="")
    bare = queries.get_issue(issue.pk)
    assert pipeline.check(bare, now=NOW).blocked
    with pytest.raises(services.Blocked):
        pipeline.approve(bare, by=COLLEAGUE, now=NOW)


def test_what_is_previewed_is_what_is_approved(publication: Publication) -> None:
    issue = _issue(publication)
    shown = pipeline.preview(issue, now=NOW)
    approval = pipeline.approve(issue, by=COLLEAGUE, now=NOW)
    assert approval.renditions.get().digest == shown.digest
