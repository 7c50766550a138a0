"""The development mailbox takes real SMTP and keeps every byte."""

import smtplib
from datetime import datetime
from pathlib import Path

import pytest

from newsletter.errors import CannotListen
from newsletter.mailbox.server import Server
from newsletter.mailbox.store import Mailbox

MAIL = (
    b"From: a@example.org\r\nTo: b@example.org\r\nSubject: =?utf-8?q?Sal=C3=A2m?=\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n.. one dot more\r\nbye\r\n"
)


def test_what_was_sent_is_kept_byte_for_byte_with_its_envelope(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    with Server(mailbox) as server, smtplib.SMTP(server.host, server.port) as client:
        client.sendmail("bounce@example.org", ["b@example.org"], MAIL)
    (caught,) = mailbox.list()
    assert (caught.sender, caught.recipients, caught.subject) == ("bounce@example.org", ("b@example.org",), "Salâm")
    mail = mailbox.get(caught.id)
    assert mail.data == MAIL
    assert mail.text.startswith(".. one dot more")
    assert mail.html == ""


def test_newest_first_and_in_pages(tmp_path: Path, now: datetime) -> None:
    mailbox = Mailbox(tmp_path)
    ids = [mailbox.add(MAIL, sender="", recipients=(f"{n}@example.org",), now=now) for n in range(5)]
    assert [c.id for c in mailbox.list()] == ids[::-1]
    assert [c.id for c in mailbox.list(limit=2, offset=1)] == ids[::-1][1:3]
    assert mailbox.count() == 5


def test_a_mail_half_written_by_a_killed_process_is_not_there(tmp_path: Path, now: datetime) -> None:
    mailbox = Mailbox(tmp_path)
    mailbox.add(MAIL, sender="", recipients=("b@example.org",), now=now)
    (tmp_path / "x.eml").write_bytes(b"half")
    (tmp_path / "y.json.part").write_bytes(b"{")
    assert mailbox.count() == 1
    assert len(mailbox.list()) == 1


def test_an_unknown_id_or_a_path_finds_nothing(tmp_path: Path) -> None:
    for name in ("nothing", "../secret", "/etc/passwd"):
        with pytest.raises(LookupError):
            Mailbox(tmp_path / "mails").get(name)


def test_an_empty_folder_is_an_empty_mailbox(tmp_path: Path) -> None:
    assert Mailbox(tmp_path / "none").list() == []


def test_a_taken_port_says_what_to_do(tmp_path: Path) -> None:
    with Server(Mailbox(tmp_path)) as server, pytest.raises(CannotListen, match="--port"):
        Server(Mailbox(tmp_path), port=server.port)


def test_clearing_throws_all_away(tmp_path: Path, now: datetime) -> None:
    mailbox = Mailbox(tmp_path)
    mailbox.add(MAIL, sender="", recipients=("b@example.org",), now=now)
    mailbox.clear()
    assert list(tmp_path.iterdir()) == []
