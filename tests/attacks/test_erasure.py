"""Nothing of an erased person's address is left: the whole database and every file of the installation are searched."""

import base64
import csv
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from newsletter.conf import config
from newsletter.delivery import erasing, outbox
from newsletter.delivery.models import Attempt, OutboxMail, Result
from newsletter.mailbox.store import Mailbox
from newsletter.staff import services as staff
from newsletter.staff.models import AuditEntry, User
from subscribers import api, conf
from subscribers import erasing as places
from subscribers.models import ConsentEvent, ImportRun, List, Subscriber
from tests.delivery.newsroom import Readers, approved_issue
from tests.project.conftest import Run, _template, data_dir, installed, run
from tests.subscribers.factories import make_list, make_subscriber

__all__ = ["_template", "data_dir", "installed", "run"]

ADDRESS = "jane.roe+letters@reader.example"
ANOTHER = "john.doe@reader.example"
LINES = f"email,name,unsubscribed\n{ADDRESS},Jane Roe,\n{ANOTHER},John,\nrubbish,Nobody,\n"


def spellings(address: str) -> set[bytes]:
    """How the address may lie in bytes, in lower case; base64 at each of its three alignments, without the ends."""
    local, _, domain = address.partition("@")
    texts = {f"{local}{at}{domain}" for at in ("@", "%40", "+40", "=40", "\\u0040", "&#64;", " @ ", "(at)", '"@')}
    texts |= {quote(address, safe=""), quote(address, safe="+"), address.replace("+", "=2B"), repr(address)[1:-1]}
    plain = {text.lower().encode(charset) for text in texts for charset in ("utf-8", "utf-16-le", "utf-16-be")}
    coded = {address.encode().hex().encode()}
    for lead in range(3):
        whole = base64.b64encode(b" " * lead + address.encode() + b" " * (-(lead + len(address)) % 3))
        coded.add(whole[4 if lead else 0 : -4].lower())
    return plain | coded


def holds(data: bytes, address: str = ADDRESS) -> bool:
    data = data.lower()
    return any(one in data for one in spellings(address))


def database() -> Iterator[tuple[str, bytes]]:
    """SQLite: the file as it is, free pages and all. PostgreSQL: every row of every table."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        yield "database", connection.connection.serialize()
        return
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')  # noqa: S608
            for (row,) in cursor.fetchall():
                yield table, row.encode()
                yield table, _bytes_in(row)


def _bytes_in(row: str) -> bytes:
    """What stands in hexadecimal in a row."""
    found = [part.strip('"(),\\x') for part in row.split("\\x")[1:]]
    return b"\0".join(bytes.fromhex(one.split('"')[0]) for one in found if all(c in "0123456789abcdef" for c in one))


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else ():
            if path.is_file():
                yield str(path), path.read_bytes()


def where(*folders: Path) -> set[str]:
    """The places that hold the address."""
    found = {place for place, data in [*database(), *files(config().data_dir, *folders)] if holds(data)}
    return found | {"session" for one in Session.objects.all() if holds(str(one.get_decoded()).encode())}


@pytest.fixture
def no_files_left() -> Iterator[None]:
    yield
    for folder in (conf.settings().staging_dir, config().data_dir / "backups"):
        for path in folder.glob("*"):
            path.unlink()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
@pytest.mark.parametrize("keep_away", [True, False])
def test_nothing_is_left_of_an_erased_person(
    keep_away: bool, tmp_path: Path, settings: Settings, admin: User, now: datetime
) -> None:
    """GDPR art. 17: each place that may hold an address is filled first, so that the search is seen to find it."""
    settings.NEWSLETTER = type(config())(**{**vars_of(config()), "mailbox_dir": tmp_path / "mailbox"})
    readers = Readers.make(now=now)
    letter = List.objects.get()
    person = make_subscriber(letter, ADDRESS, name="Jane Roe", basis=f"asked by letter, {ADDRESS}")
    make_subscriber(letter, "friend@reader.example", basis=f"came with {ADDRESS.upper()}")
    api.add(make_list().pk, "late@reader.example", basis=f"with {ADDRESS}", now=now, actor="staff:1", name="A friend")
    fill_imports(letter, admin, tmp_path, now=now)
    fill_mails(tmp_path / "mailbox", now=now)
    issue = approved_issue(list_id=readers.list_id, now=now)
    fill_ledger(issue.pk, person.pk, now=now)
    staff.record(
        actor="staff:1", action="issue.reject", subject="issue:1", now=now, detail={"reason": f"{ADDRESS} complained"}
    )
    session = SessionStore()
    session["login_code"] = {"email": ADDRESS}
    session.save()
    if connection.vendor == "sqlite":
        fill_backup(person.address_index)
    before = where(tmp_path)
    assert len([place for place in before if str(tmp_path) in place]) >= 4, before
    assert "session" in before
    assert any("imports" in place for place in before)

    api.erase(person.pk, now=now, actor="staff:1", keep_away=keep_away)

    assert where(tmp_path) - {str(tmp_path / "people.csv")} == set(), "the operator's own file is the operator's"
    # What is not hers is as it was.
    assert Subscriber.objects.filter(address=ANOTHER).exists()
    report = (tmp_path / "people.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert [row[2] for row in csv.reader(io.StringIO(report))] == ["content", "rubbish"]
    assert [mail.recipients for mail in Mailbox(tmp_path / "mailbox").list()] == [(ANOTHER,)]
    assert OutboxMail.objects.get(recipient=ANOTHER).state == "waiting"
    assert AuditEntry.objects.get(action="issue.reject").detail == {"reason": "… complained"}
    assert ConsentEvent.objects.filter(kind="erased", subscriber_id=person.pk).exists()


def vars_of(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}  # type: ignore[attr-defined]


def fill_imports(letter: List, admin: User, folder: Path, *, now: datetime) -> None:
    """A finished import with its report, one whose columns are asked about, one that waits, one half done."""
    path = folder / "people.csv"
    path.write_text(LINES.replace(f"{ADDRESS},Jane Roe,", f"{ADDRESS},Jane Roe,yes"))
    api.import_csv(letter.pk, path, basis=f"fair, ask {ADDRESS}", now=now, actor="staff:1")
    client = Client()
    client.force_login(admin)
    uploads = {
        "waits.csv": LINES,
        "asked.csv": LINES.replace("unsubscribed", "out?").replace("Jane Roe,", "Jane Roe,perhaps"),
        "wide.csv": "\ufeff" + LINES + "x@reader.example,Wide,\n",
    }
    for name, text in uploads.items():
        data = text.encode("utf-16-le" if name == "wide.csv" else "utf-8")
        answer = client.post(reverse("list_import", args=[letter.pk]), {"file": SimpleUploadedFile(name, data)})
        assert answer.status_code == 302, answer.content.decode()[-3000:]
    done = ImportRun.objects.get(file_name="wide.csv")
    client.post(reverse("import_run", args=[letter.pk, done.pk]), {"basis": "spring fair", "action": "import"})
    ImportRun.objects.create(
        list=letter, file_name=f"{ADDRESS}.csv", digest="0" * 64, basis="x", state="done", started_at=now,
        counts={"answers": {ADDRESS: "left"}},
    )  # fmt: skip
    leftover = conf.settings().staging_dir / "upload-0123"
    leftover.write_text(LINES)


def fill_mails(mailbox: Path, *, now: datetime) -> None:
    for address in (ADDRESS, ANOTHER):
        message = f"To: {address}\r\n\r\nHello {address}\r\n".encode()
        outbox.enqueue(kind="confirmation", recipient=address, message=message, now=now)
        Mailbox(mailbox).add(message, sender="x@reader.example", recipients=(address,), now=now)
    # One that a worker holds just now.
    outbox.enqueue(kind="leave-link", recipient=ADDRESS.upper(), message=message, now=now)
    OutboxMail.objects.filter(recipient=ADDRESS.upper()).update(state="held", due=now, at_dot=True)


def fill_ledger(issue: int, person: int, *, now: datetime) -> None:
    """Replies as an earlier version kept them."""
    from newsletter.delivery.models import Release

    Release.objects.create(issue_id=issue, cut_off=now, started_at=now, expires_at=now)
    said = f"550 {ADDRESS.replace('@', '%40')} is unknown"
    Result.objects.create(issue_id=issue, subscriber=person, state="refused", reply=said, settled_at=now)
    Attempt.objects.create(issue_id=issue, subscriber=person, at=now, phase="rcpt", state="refused", reply=said)


def fill_backup(index: str) -> None:
    """The copy that an upgrade made. The test's database may have no file: then one is written as it would be."""
    folder = config().data_dir / "backups"
    folder.mkdir(exist_ok=True)
    (folder / "db-20260101T000000Z.sqlite3").write_bytes(connection.connection.serialize())


def test_every_model_that_may_hold_words_is_in_the_list_or_holds_none() -> None:
    """A new place is not forgotten: whoever adds one decides here."""
    assert [place.__name__ for place in places.PLACES] == [
        "_the_person",
        "_what_the_staff_wrote",
        "_words_about_others",
        "_answers_about_files",
        "_files_of_imports",
        "_other_rooms",
    ]
    assert [place.__name__ for place in erasing.PLACES] == [
        "_mail_that_waits",
        "_replies",
        "_activities",
        "_sessions",
        "_caught_mails",
        "_copies_before_upgrades",
    ]


def test_nothing_is_left_in_the_files_of_an_installation(installed: Path, run: Run, tmp_path: Path) -> None:
    """With the real SQLite file, its journal beside it, and commands as they are typed."""
    people = tmp_path / "people.csv"
    people.write_text(LINES)
    assert run("lists", "create", "Morning").code == 0
    assert run("lists", "import", "morning", str(people), "--basis", "spring fair").code == 0
    people.unlink()
    held = {path for path, data in files(installed) if holds(data)}
    assert held
    erase = (
        "from subscribers import api; from django.utils import timezone; "
        f"api.erase(api.find({ADDRESS!r}), now=timezone.now(), actor='command')"
    )
    done = run("django", "shell", "-c", erase)
    assert done.code == 0, done.err
    assert {path for path, data in files(installed, tmp_path) if holds(data)} == set()
    assert any(ANOTHER.encode() in data for _, data in files(installed))
